/**
 * A limit in a unit that several processes keep together, in Redis.
 *
 * Bottleneck's jobs have weights as well, but a job is given back as a whole or not at all: a reservation could not be
 * settled to the actual cost without another process taking the units in between. So this is one script, which Redis
 * runs atomically, by its own clock.
 *
 * Keys: the charges by the time at which they end; their amounts, and the sum of them; the queue of waiting calls;
 * until when each of them is known to wait. A process that was killed leaves charges that end by themselves, and a
 * place in the queue that is dropped when it has not been renewed. A call goes before those ahead of it only where
 * there is room for all.
 *
 * Arguments: what to do, the id, and for `take` the cost, the amount, how long it counts, how long a place is kept, all
 * in milliseconds; for `settle` the amount, how long it counts, and whether that is from now on. `take` gives 0 where it
 * was granted, or else in how many milliseconds to ask again.
 */
export const unitsScript = `
local charges, amounts, line, leases = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local action, id = ARGV[1], ARGV[2]

local function keep(ms)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ms + 60000) end
end
local function add(amount)
  redis.call('HINCRBYFLOAT', amounts, 'sum', amount)
end
local function drop(one)
  add(-(tonumber(redis.call('HGET', amounts, one)) or 0))
  redis.call('HDEL', amounts, one)
  redis.call('ZREM', charges, one)
end
local function leave(one)
  redis.call('ZREM', line, one)
  redis.call('HDEL', leases, one, one .. ':cost')
end

for _, one in ipairs(redis.call('ZRANGEBYSCORE', charges, '-inf', now)) do drop(one) end
if redis.call('ZCARD', charges) == 0 then redis.call('DEL', amounts) end

if action == 'leave' then
  leave(id)
  return 0
end

if action == 'settle' then
  local amount, counts = tonumber(ARGV[3]), tonumber(ARGV[4])
  local isKnown = redis.call('ZSCORE', charges, id)
  if isKnown then add(-(tonumber(redis.call('HGET', amounts, id)) or 0)) end
  local isFromNow = ARGV[5] == 'fromNow'
  if amount > 0 and (isKnown or isFromNow) then
    if isFromNow then redis.call('ZADD', charges, now + counts, id) end
    redis.call('HSET', amounts, id, ARGV[3])
    add(amount)
  elseif isKnown then
    redis.call('HDEL', amounts, id)
    redis.call('ZREM', charges, id)
  end
  keep(counts)
  return 0
end

local cost, amount, counts, lease = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
for _, one in ipairs(redis.call('ZRANGE', line, 0, -1)) do
  if (tonumber(redis.call('HGET', leases, one)) or 0) < now then leave(one) end
end
redis.call('ZADD', line, 'NX', now, id)
redis.call('HSET', leases, id, now + lease, id .. ':cost', ARGV[3])
local needed, isFirst = cost, true
for _, one in ipairs(redis.call('ZRANGE', line, 0, -1)) do
  if one == id then break end
  isFirst = false
  needed = needed + (tonumber(redis.call('HGET', leases, one .. ':cost')) or 0)
end
local sum = tonumber(redis.call('HGET', amounts, 'sum')) or 0
local again = 5
if sum + needed <= amount then
  leave(id)
  redis.call('ZADD', charges, now + counts, id)
  redis.call('HSET', amounts, id, ARGV[3])
  add(cost)
  again = 0
elseif isFirst then
  local first = redis.call('ZRANGE', charges, 0, 0, 'WITHSCORES')
  again = math.max(1, (tonumber(first[2]) or now) - now)
end
keep(counts)
return again
`;
