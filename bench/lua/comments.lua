-- Send comments that pass every rule: each from its own network and with a new text. They include the CSRF token that a
-- Django form requires, as cookie and as field. Our site receives the same requests and ignores both.
-- Arguments: a file of targets with a line "path parent" for each, and the number of the first comment.
local folder = debug.getinfo(1, "S").source:match("^@(.*/)")
dofile(folder .. "report.lua")

local WORDS = {}
for word in ([[the street was never filmed and yet we all remember its light as if somebody had stood there with a camera
  my grandmother kept a letter that says otherwise so I would ask who made this picture for whom and what they left out
  a drawing confesses that it was drawn while a photograph only seems to]]):gmatch("%a+") do
  WORDS[#WORDS + 1] = word
end

local TOKEN = string.rep("a", 32)

local targets, number = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, parent = line:match("^(%S+)%s*(%S*)$")
    targets[#targets + 1] = { path = path, parent = parent }
  end
  number = tonumber(arguments[2])
  math.randomseed(number)
end

local function text()
  local parts = { "Remark", number }
  for _ = 1, 40 do
    parts[#parts + 1] = WORDS[math.random(#WORDS)]
  end
  return table.concat(parts, "+")
end

function request()
  number = number + 1
  local target = targets[number % #targets + 1]
  local network = string.format("%d.%d.%d.7", 20 + math.floor(number / 65536), math.floor(number / 256) % 256, number % 256)
  return wrk.format("POST", target.path, {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Sec-Fetch-Site"] = "same-origin",
    ["X-Forwarded-For"] = network,
    ["Cookie"] = "csrftoken=" .. TOKEN,
  }, "csrfmiddlewaretoken=" .. TOKEN .. "&name=Reader+" .. number .. "&seconds=31&email=&notify=&trap=&parent=" .. target.parent .. "&text=" .. text())
end
