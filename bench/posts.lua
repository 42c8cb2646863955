-- What wrk sends: the lines of a file, one in each request, from a given line on. Arguments: file, first line, path, headers.
local lines, place, path = {}, 0, "/"
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
  return wrk.format("POST", path, nil, lines[place])
end

function done(summary, latency, requests)
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "refused": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
