import Testing

struct AcceptingTests {
  @Test func `accept joins the channel's groups with their parameters`() {
    check(
      """
      channel ws/<room>/<id>/ accepts groups=room_{room},{id}_{room},all
      A connects /ws/x/7/       => A: open
      host lists room_x         => host: A
      host lists 7_x            => host: A
      host lists all            => host: A
      """)
  }

  @Test func `a group name that becomes too long refuses accept, and joins none`() {
    let name = String(repeating: "n", count: 250)
    check(
      """
      channel ws/<room>/ accepts groups=all,room_{room}
      A connects /ws/\(name)/   => A: open
      host counts all           => host: 1
      B connects /ws/\(name)n/  => host: invalid ; B: held
      host counts all           => host: 1
      """)
  }

  @Test func `on a public channel a group name that becomes too long is 400`() {
    let name = String(repeating: "n", count: 251)
    check(
      """
      channel ws/<room>/ public groups=all,room_{room}
      A connects /ws/\(name)/   => A: 400
      host counts all           => host: 0
      logs                      => 1
      """)
  }

  @Test func `a parameter cannot make a group's name an address`() {
    check(
      """
      channel ws/<room>/ accepts groups=specific.covey{room}
      A connects /ws/0123456789abcdef!0000000001000000/ => host: invalid ; A: held
      """)
  }

  @Test func `the groups of a channel are joined all or none at the limit`() {
    check(
      """
      limits groups=2
      channel two/ accepts groups=a,b
      channel three/ accepts groups=a,b,c
      A connects /two/          => A: open
      B connects /three/        => host: full ; B: held
      host counts a             => host: 1
      statistics dropsGroupsFull => dropsGroupsFull 1
      """)
  }

  @Test func `a group that it is in already does not count twice`() {
    check(
      """
      limits groups=2
      channel ws/ groups=a,b
      on connect: host adds me a & host accepts me
      A connects /ws/           => A: open
      host counts a             => host: 1
      """)
  }

  @Test func `a group that two declared names come to counts once`() {
    check(
      """
      limits groups=1
      channel ws/<a>/<b>/ accepts groups={a},{b}
      A connects /ws/x/x/     => A: open
      host counts x           => host: 1
      """)
  }
}
