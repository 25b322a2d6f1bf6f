-- Report a run of wrk as one line of JSON. Its own output is rounded and meant for people.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"completed": %d, "seconds": %.6f, "connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d, '
      .. '"mean_ms": %.3f, "slow_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, errors.connect, errors.read, errors.write, errors.timeout, errors.status,
    latency.mean / 1e3, latency:percentile(99) / 1e3))
end
