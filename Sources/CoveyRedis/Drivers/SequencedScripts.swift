/// What Redis runs for the own driver, each at once and as a whole.
enum SequencedScripts {
  /// Takes a letter: numbers it, logs it, and publishes it; one that was taken before, not again,
  /// and one whose predecessor was not taken yet, not before that. The sender's number is kept
  /// first: whatever is refused then is refused for good.
  ///
  /// KEYS: the topic, its log, the sender. ARGV: the sender's number, the letter, the channel, the
  /// bounds of the log (letters, bytes, seconds), and the number of the predecessor, or 0.
  static let publish = """
    local last = redis.call('GET', KEYS[3])
    if last and tonumber(last) >= tonumber(ARGV[1]) then return 0 end
    if ARGV[7] ~= '0' and (not last or tonumber(last) < tonumber(ARGV[7])) then
      return redis.error_reply('EARLY its predecessor has not arrived')
    end
    redis.call('SET', KEYS[3], ARGV[1], 'EX', 86400)
    local number = redis.call('HINCRBY', KEYS[1], 'n', 1)
    local chain
    if number == 1 then
      local time = redis.call('TIME')
      chain = time[1] .. string.format('%06d', tonumber(time[2]))
      redis.call('HSET', KEYS[1], 'c', chain)
      redis.call('DEL', KEYS[2])
    else
      chain = redis.call('HGET', KEYS[1], 'c')
    end
    local most, bytes = tonumber(ARGV[4]), tonumber(ARGV[5])
    if most > 0 then
      local kept = redis.call('RPUSH', KEYS[2], ARGV[2])
      -- What was there before may have been forgotten.
      if kept == 1 then redis.call('HSET', KEYS[1], 'b', 0) end
      local held = redis.call('HINCRBY', KEYS[1], 'b', #ARGV[2])
      local gone = 0
      while kept > most or held - gone > bytes do
        local oldest = redis.call('LPOP', KEYS[2])
        if not oldest then break end
        gone = gone + #oldest
        kept = kept - 1
      end
      if gone > 0 then redis.call('HINCRBY', KEYS[1], 'b', -gone) end
      redis.call('EXPIRE', KEYS[2], ARGV[6])
    else
      -- Others may keep one, which would have a hole now.
      redis.call('DEL', KEYS[2])
    end
    redis.call('EXPIRE', KEYS[1], 86400)
    redis.call('PUBLISH', ARGV[3], chain .. ' ' .. string.format('%.0f', number) .. ' ' .. ARGV[2])
    return 1
    """

  /// Tells where a topic stands, and its letters from a number on.
  ///
  /// KEYS: the topic, its log. ARGV: the number, or nothing for no letters. Answers nil, or the
  /// chain, the last number, the number of the first letter, and the letters.
  static let ask = """
    local head = redis.call('HMGET', KEYS[1], 'c', 'n')
    if not head[1] or not head[2] then return nil end
    local last = tonumber(head[2])
    local kept = redis.call('LLEN', KEYS[2])
    if kept == 0 then redis.call('HSET', KEYS[1], 'b', 0) end
    local first = last - kept + 1
    local from = tonumber(ARGV[1])
    if not from then return {head[1], head[2], string.format('%.0f', last + 1), {}} end
    if from > first then first = from end
    return {
      head[1], head[2], string.format('%.0f', first),
      redis.call('LRANGE', KEYS[2], first - (last - kept + 1), -1)
    }
    """
}
