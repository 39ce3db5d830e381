/** A node that has been silent for this long does not count any more. */
export const NODE_MEMORY_MS = 10_000;
/** A telling that is executed this long after it was told is not counted. A node has given up on it long before, and tells again. */
export const LATE_MS = 1000;
/** How long it is remembered what a node told last, and which keys were forgiven. */
export const TOLD_MEMORY_MS = 10 * 60_000;
/** Forgiven keys that are remembered at the same time. */
export const FORGIVEN_KEYS = 1000;

/**
 * The exchange, as one script on the store's own clock. It may be executed late, twice or never, and in any order beside other nodes':
 *
 * - what was told under a number that has been counted is not counted again;
 * - what is late is not counted at all, and the answer tells the store's time;
 * - spending is dated: it is added to the later of what the store and the node know, which are the same moment on the same clock, so
 *   that the way to the store costs nobody quota, and a store that was emptied learns again;
 * - what a node knew before it heard of a forgiveness is void.
 *
 * A key is kept until its bucket has been full for as long as a telling may be late: what other nodes spent before that is told later,
 * and has to meet it, or what each of them spends would count as if it were alone. Anything else that stands at a key counts as nothing.
 *
 * KEYS: nodes, forgiven, told by this node, then the keys told of.
 * ARGV: node, sequence, at, heard, tolerance, then for every key: base, spent, 1 if it is forgiven.
 */
export const EXCHANGE_SCRIPT = `
local function number(text)
  local value = tonumber(text)
  if not value or value ~= value then return 0 end
  return value
end
local function exact(value) return string.format('%.3f', value) end
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000

redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ${NODE_MEMORY_MS})
redis.call('ZREMRANGEBYSCORE', KEYS[1], now + ${NODE_MEMORY_MS}, '+inf')
redis.call('PEXPIRE', KEYS[1], ${NODE_MEMORY_MS * 2})
local nodes = redis.call('ZCARD', KEYS[1])

local at = number(ARGV[3])
if at < now - ${LATE_MS} then return { nodes, exact(now), 1, ARGV[4], {}, {} } end
at = math.min(at, now)
local sequence = number(ARGV[2])
local isNew = number(redis.pcall('GET', KEYS[3])) < sequence
if isNew then redis.call('SET', KEYS[3], ARGV[2], 'PX', ${TOLD_MEMORY_MS}) end

local heard = number(ARGV[4])
local news = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. exact(heard), '+inf')
local isNews = {}
for _, key in ipairs(news) do isNews[key] = true end
local newest = number(redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2])
local mark = math.max(now, newest + 1)

local furthest = now + nodes * number(ARGV[5])
local ahead = {}
for i = 4, #KEYS do
  local base, spent, isForgiven = number(ARGV[i * 3 - 6]), number(ARGV[i * 3 - 5]), ARGV[i * 3 - 4] == '1'
  local tat = number(redis.pcall('GET', KEYS[i]))
  if isNew and isForgiven then
    tat = 0
    redis.call('DEL', KEYS[i])
    redis.call('ZADD', KEYS[2], exact(mark), KEYS[i])
    newest = mark
  end
  if isNew and (isForgiven or not isNews[KEYS[i]]) then tat = math.max(tat, at + base) + spent end
  tat = math.min(tat, furthest)
  local left = tat - now
  if left > -${LATE_MS} then redis.call('SET', KEYS[i], exact(tat), 'PX', math.ceil(left) + ${LATE_MS + 1}) end
  ahead[i - 3] = exact(math.max(0, left))
end
if newest == mark then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ${TOLD_MEMORY_MS})
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -${FORGIVEN_KEYS + 1})
  redis.call('PEXPIRE', KEYS[2], ${TOLD_MEMORY_MS})
end
return { nodes, exact(now), 0, exact(math.max(heard, newest)), news, ahead }`;
