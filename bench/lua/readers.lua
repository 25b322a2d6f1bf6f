-- Readers who each send ten requests a second, however fast the responses are: the same load on both sides.
local folder = debug.getinfo(1, "S").source:match("^@(.*/)")
dofile(folder .. "report.lua")

function delay()
  return 100 -- milliseconds
end
