-- Notes who is in a room with one instance, and answers what the other instances have noted.
--
-- KEYS: the notes of the room. ARGV: the instance, and its names as JSON.

local now = tonumber(redis.call('TIME')[1])
if ARGV[2] == '[]' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  -- Good for five seconds: an instance that dies takes nothing back.
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %s', now + 5, ARGV[2]))
  redis.call('EXPIRE', KEYS[1], 60)
end

local notes, others = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #notes, 2 do
  local till, names = string.match(notes[i + 1], '^(%d+) (.*)$')
  if tonumber(till) < now then
    redis.call('HDEL', KEYS[1], notes[i])
  elseif notes[i] ~= ARGV[1] then
    table.insert(others, names)
  end
end
return others
