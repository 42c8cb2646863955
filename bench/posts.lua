-- What wrk sends: the lines of a file, one in each request, from a given line on. Arguments: file, first line, path, headers.
-- What stands before tabs in a line are headers of that request alone.
local lines, place, path = {}, 0, "/"
local plain = {} -- requests without headers of their own, put together once: the load shall cost little beside what it measures
local refused = 0

function init(args)
  path = args[3]
  local number = 0
  for line in io.lines(args[1]) do
    number = number + 1
    if number >= tonumber(args[2]) then lines[#lines + 1] = line end
  end
  for each = 4, #args do
    local name, value = args[each]:match("^(.-): (.*)$")
    wrk.headers[name] = value
  end
end

function request()
  place = place % #lines + 1
  if plain[place] then return plain[place] end
  local line = lines[place]
  local tab = line:find("\t[^\t]*$")
  if not tab then
    plain[place] = wrk.format("POST", path, nil, line)
    return plain[place]
  end
  local headers = {}
  for name, value in pairs(wrk.headers) do headers[name] = value end
  for name, value in line:sub(1, tab):gmatch("([^\t]-): ([^\t]*)\t") do headers[name] = value end
  return wrk.format("POST", path, headers, line:sub(tab + 1))
end

function done(summary, latency, requests)
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "refused": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
