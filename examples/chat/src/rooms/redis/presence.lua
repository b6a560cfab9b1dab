-- Stores who is in a room on one instance, and returns who is there on the other instances.
--
-- KEYS: the hash of the room, which has a field for each instance.
-- ARGV: the instance, and the names on it as JSON.

local now = tonumber(redis.call('TIME')[1])
if ARGV[2] == '[]' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  -- The names expire after five seconds, as an instance that dies does not remove them.
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %s', now + 5, ARGV[2]))
  redis.call('EXPIRE', KEYS[1], 60)
end

local stored, others = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #stored, 2 do
  local expires_at, names = string.match(stored[i + 1], '^(%d+) (.*)$')
  if tonumber(expires_at) < now then
    redis.call('HDEL', KEYS[1], stored[i])
  elseif stored[i] ~= ARGV[1] then
    table.insert(others, names)
  end
end
return others
