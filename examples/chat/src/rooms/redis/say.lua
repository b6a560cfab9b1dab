-- Puts something into a room's stream, unless it was put there before.
--
-- KEYS: the room, all rooms, and this message.
-- ARGV: how many messages of a room are kept, how many bytes of it, how many rooms, and for how many
-- seconds when nothing is said; then the fields of the message. The last one is what is said.

if not redis.call('SET', KEYS[3], '', 'NX', 'EX', 900) then
  return
end
local stream, known = KEYS[1] .. ':said', KEYS[1] .. ':known'

-- Each message names the one before it, so whoever reads the stream sees a gap.
local before = redis.call('HGET', known, 'last') or '0-0'
local id = redis.call('XADD', stream, '*', 'before', before, unpack(ARGV, 5))
redis.call('HSET', known, 'last', id)

local kept = redis.call('XLEN', stream)
local bytes = redis.call('HINCRBY', known, 'bytes', #ARGV[#ARGV])
while kept > tonumber(ARGV[1]) or kept > 1 and bytes > tonumber(ARGV[2]) do
  local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  redis.call('XDEL', stream, first[1])
  kept = kept - 1
  bytes = redis.call('HINCRBY', known, 'bytes', -#first[2][#first[2]])
end

-- The rooms that were silent for longest make place.
redis.call('ZADD', KEYS[2], string.match(id, '%d+'), KEYS[1])
while redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[3]) do
  local silent = redis.call('ZPOPMIN', KEYS[2])[1]
  redis.call('DEL', silent .. ':said', silent .. ':known')
end

for _, key in ipairs({stream, known, KEYS[2]}) do
  redis.call('EXPIRE', key, ARGV[4])
end
