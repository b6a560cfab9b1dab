-- Appends a message to the stream of a room, unless it was appended before.
--
-- KEYS: the room, the set of all rooms, and this message. ARGV: how many messages and how many
-- bytes of a room are kept, how many rooms are kept, and how many seconds a room is kept after its
-- last message; then the fields of the message, names and values in turn. The last value is the
-- text or the picture.

if not redis.call('SET', KEYS[3], '', 'NX', 'EX', 900) then
  return
end
local stream, known = KEYS[1] .. ':said', KEYS[1] .. ':known'

-- Each message has the ID of the one before it, so readers of the stream notice a gap.
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

-- Too many rooms: those whose last message is oldest are deleted.
redis.call('ZADD', KEYS[2], string.match(id, '%d+'), KEYS[1])
while redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[3]) do
  local oldest = redis.call('ZPOPMIN', KEYS[2])[1]
  redis.call('DEL', oldest .. ':said', oldest .. ':known')
end

for _, key in ipairs({stream, known, KEYS[2]}) do
  redis.call('EXPIRE', key, ARGV[4])
end
