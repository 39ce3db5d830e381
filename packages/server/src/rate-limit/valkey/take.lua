-- One request against the limit of its address, and of its /48, in one step and in the time of this server.
-- A sorted set holds an address: the member 'tat' is its theoretical arrival time (GCRA), every other member is a promise, scored by the
-- moment at which its request returns. A promised slot is charged when it is promised, and given back if the request does not return.
-- Times are milliseconds. Returns nothing where the store has no epoch, which is to say that it has lost what was counted.
local schedule, flows, epoch, served, network = unpack(KEYS)
local cost, interval, tolerance, horizon = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local least, most, debt, networkInterval = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local fingerprint, flow, isTrusted, isCommon = ARGV[9], ARGV[10], ARGV[11] == '1', ARGV[12] == '1'
local GRACE, EARLY, SHORTEST, ON_TIME, EQUALS, REPEATED, NEAR = 2000, 2, 1000, 0.001, 16, 60000, 0.8

local full = redis.call('GET', epoch)
if not full then return {} end
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000

-- What is not known is full since the epoch. A clock that was set back closes an address for no longer than promises reach.
local function arrival(stored)
  return math.min(math.max(tonumber(stored or full), now), now + tolerance + horizon)
end
local function earn(who, credit)
  local earned = (tonumber(redis.call('HGET', flows, who .. ':credit')) or 0) + credit
  redis.call('HSET', flows, who .. ':credit', math.max(-debt, math.min(most - least, earned)))
end
local function began(member)
  local who, at = (redis.call('HGET', flows, member) or flow .. ' 0'):match('(%S+) (%S+)')
  return who, tonumber(at)
end
local function settle(member, credit)
  local who = began(member)
  redis.call('ZREM', schedule, member)
  redis.call('HDEL', flows, member)
  redis.call('HINCRBY', flows, who .. ':promised', -1)
  earn(who, credit)
end

local tat = arrival(redis.call('ZSCORE', schedule, 'tat'))
local hasPromises = redis.call('ZCARD', schedule) > 1
for _, member in ipairs(hasPromises and redis.call('ZRANGEBYSCORE', schedule, '-inf', now - GRACE, 'LIMIT', 0, 100) or {}) do
  if member ~= 'tat' then
    settle(member, -1)
    tat = math.max(tat - interval, now)
  end
end
local networkTat = network and arrival(redis.call('GET', network)) or now
local free = tat + interval - tolerance
local isNetworkFree = not network or networkTat + networkInterval - tolerance <= now + ON_TIME

local function keep()
  local ttl = math.ceil(tat - now) + 2 * GRACE
  redis.call('ZADD', schedule, tat, 'tat')
  redis.call('PEXPIRE', schedule, ttl)
  if hasPromises then redis.call('PEXPIRE', flows, ttl) end
  if network then redis.call('SET', network, networkTat, 'PX', math.ceil(networkTat - now) + 1) end
end
-- 'admitted', 'promised' or 'refused'; the wait and what is used of both limits, in microseconds; whether the slot is reserved; for how long
-- nothing that waits here can be admitted.
local function answer(word, wait, isReserved, quiet)
  keep()
  local whole = function(ms) return math.ceil(ms * 1000) end
  return { word, whole(wait), whole(tat - now), whole(networkTat - now), isReserved and 1 or 0, whole(quiet or 0) }
end
-- What is given back to a bucket that is full by then is nothing.
local function charge(amount)
  tat = math.max(now, tat + amount * interval)
  networkTat = math.max(now, networkTat + amount * networkInterval)
  return answer('admitted', 0)
end
if cost < 1 then return charge(cost) end

local equal, due, dueAt, latest, latestAt, unused = 0, nil, nil, nil, nil, fingerprint .. ':1'
if hasPromises then
  unused = nil
  for number = 1, EQUALS do
    local member = fingerprint .. ':' .. number
    local at = tonumber(redis.call('ZSCORE', schedule, member) or nil)
    if not at then
      unused = unused or member
    else
      equal = equal + 1
      if at <= now + EARLY and (not due or at < dueAt) then due, dueAt = member, at end
      if not latest or at > latestAt then latest, latestAt = member, at end
    end
  end
end

if isNetworkFree and (due or free <= now + ON_TIME) then
  if due then
    settle(due, 1)
    tat = tat - interval
  end
  if tat - now > tolerance * NEAR then redis.call('SET', served, '', 'PX', REPEATED) end
  return charge(1)
end
if not isNetworkFree then return answer('refused', networkTat + networkInterval - tolerance - now) end
if latest and equal == 1 and not isCommon then
  local who, at = began(latest)
  if who ~= flow then
    -- Its credential was verified since: the slot goes back, and this is a request of another flow.
    settle(latest, 0)
    tat, free, equal, unused = math.max(tat - interval, now), free - interval, 0, latest
  elseif now - at >= SHORTEST then
    -- The same request, too early: the rest of the same wait, and no second slot.
    earn(who, -1)
    return answer('promised', latestAt - now)
  end
end
local promised = tonumber(redis.call('HGET', flows, flow .. ':promised')) or 0
local credit = isTrusted and math.max(0, tonumber(redis.call('HGET', flows, flow .. ':credit')) or 0) or 0
if unused and promised < math.max(1, least + credit) and free <= now + horizon then
  local wait = math.max(1, math.ceil((free - now - ON_TIME) / 1000)) * 1000
  local isAlone = equal == 0 and not isCommon and networkTat - now <= tolerance * NEAR and redis.call('EXISTS', served) == 0
  redis.call('ZADD', schedule, now + wait, unused)
  redis.call('HSET', flows, unused, flow .. ' ' .. string.format('%.3f', now))
  redis.call('HINCRBY', flows, flow .. ':promised', 1)
  tat = tat + interval
  hasPromises = true
  return answer('promised', wait, isAlone)
end
-- Until the first promise is due, or a slot is free, every further request of this flow gets the same answer.
local first = free
for _, member in ipairs(redis.call('ZRANGE', schedule, 0, 1)) do
  if member ~= 'tat' then first = math.min(first, tonumber(redis.call('ZSCORE', schedule, member))) end
end
return answer('refused', free - now, false, math.max(0, first - now))
