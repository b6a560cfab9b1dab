-- Puts something into a room's stream, unless it was put there before.
--
-- KEYS: the stream, what is known about it, and a key of this message.
-- ARGV: how many messages are kept, how many bytes, for how many seconds when nothing is said; then the
-- fields of the message. The last one is what is said.

if not redis.call('SET', KEYS[3], '', 'NX', 'EX', 900) then
  return
end

-- Each message names the one before it, so whoever reads the stream sees a gap.
local before = redis.call('HGET', KEYS[2], 'last') or '0-0'
local id = redis.call('XADD', KEYS[1], '*', 'before', before, unpack(ARGV, 4))
redis.call('HSET', KEYS[2], 'last', id)

local kept = redis.call('XLEN', KEYS[1])
local bytes = redis.call('HINCRBY', KEYS[2], 'bytes', #ARGV[#ARGV])
while kept > tonumber(ARGV[1]) or kept > 1 and bytes > tonumber(ARGV[2]) do
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  redis.call('XDEL', KEYS[1], first[1])
  kept = kept - 1
  bytes = redis.call('HINCRBY', KEYS[2], 'bytes', -#first[2][#first[2]])
end

redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
