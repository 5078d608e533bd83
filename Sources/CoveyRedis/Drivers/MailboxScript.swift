/// What Redis runs for each message to mailboxes, at once and as a whole.
enum MailboxScript {
  /// Puts a message into each mailbox that has room; answers how many have none, or are none.
  ///
  /// KEYS: the mailboxes. ARGV: the time, the time before which messages are too old, the seconds
  /// that a mailbox is kept, how much it holds, and what goes into each.
  static let deliver = """
    local full = 0
    for i = 1, #KEYS do
      redis.pcall('ZREMRANGEBYSCORE', KEYS[i], 0, ARGV[2])
      local waiting = redis.pcall('ZCARD', KEYS[i])
      if type(waiting) == 'number' and waiting < tonumber(ARGV[4]) then
        redis.call('ZADD', KEYS[i], ARGV[1], ARGV[i + 4])
        redis.call('EXPIRE', KEYS[i], ARGV[3])
      else
        full = full + 1
      end
    end
    return full
    """
}
