-- Readers who look ten times a second each, however fast the answer comes: the same load on both sides.
local folder = debug.getinfo(1, "S").source:match("^@(.*/)")
dofile(folder .. "report.lua")

function delay()
  return 100 -- milliseconds
end
