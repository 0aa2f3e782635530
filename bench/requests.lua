-- Requests from a list of paths: `wrk -s requests.lua URL -- LIST METHOD START BODY`.
-- Thread n of N takes every N-th path from START on, so that no path repeats before all were used.
-- Each body gets a new `{uuid}`. Prints one line of JSON at the end.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  paths = {}
  for line in io.lines(args[1]) do
    table.insert(paths, line)
  end
  method, at, body = args[2], tonumber(args[3]) + number, args[4]
  local random = io.open("/dev/urandom", "rb")
  local a, b, c, d = random:read(4):byte(1, 4)
  random:close()
  math.randomseed(((a * 256 + b) * 256 + c) * 256 + d)
end

local function uuid()
  local function hex(digits)
    return string.format("%0" .. digits .. "x", math.random(0, 16 ^ digits - 1))
  end
  return hex(8) .. "-" .. hex(4) .. "-4" .. hex(3) .. "-a" .. hex(3) .. "-" .. hex(6) .. hex(6)
end

function request()
  at = at + 2
  local path = paths[at % #paths + 1]
  if body == nil then
    return wrk.format(method, path)
  end
  return wrk.format(method, path, nil, (body:gsub("{uuid}", uuid)))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.3f, "p50": %.3f, "p99": %.3f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
