-- Notes permits that a process has given: KEYS[1] the bucket; ARGV the interval in microseconds, the burst, the permits.
-- Answers how far ahead of now the theoretical arrival time is then (see common/gcra.h). What was given was given, so
-- nothing is refused here; a bucket's debt is bounded, lest a split between processes locks a caller out for long.
local interval, burst, given = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + given * interval
tat = math.min(tat, now + 2 * burst * interval)
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000) + 1000)
return tat - now
