import Testing

/// The bound of all consumers together (memory_bytes_max).
struct MemoryTests {
  @Test func `at three quarters new connections get 503, one byte below they do not`() {
    check(
      """
      limits memory=100 outbox=100
      channel ws/ accepts
      A connects /ws/ & A blocks
      host sends A 72 bytes     => nothing
      statistics memoryBytes    => memoryBytes 74
      B connects /ws/           => B: open
      host sends A ""           => nothing
      C connects /ws/           => C: 503
      A drains                  => A: text 72 bytes ; A: text ""
      C connects /ws/           => C: open
      statistics memoryBytes limit-memory => memoryBytes 0 ; memory 0
      """)
  }

  @Test func `at the bound who has most queued is closed, and nobody else`() {
    check(
      """
      limits memory=100 outbox=100
      channel ws/ accepts
      A connects /ws/ & A blocks & B connects /ws/ & B blocks & C connects /ws/ & C blocks
      host sends A 10 bytes & host sends B 10 bytes & host sends C 10 bytes => nothing
      host sends A 20 bytes & host sends B 38 bytes => nothing
      statistics memoryBytes    => memoryBytes 98
      host sends C ""           => nothing
      statistics limit-memory shed memoryBytes => memoryBytes 77 ; memory 1 ; shed 0
      host sends B "x"          => host: gone
      host sends A "x"          => nothing
      B drains                  => B: text "xxxxxxxxxx" ; B: close 1013 "out of memory"
      B closes 1013             => B: gone shed 1013 "out of memory" clean
      statistics shed           => shed 1
      reached                   => memory nobody 100 1
      """)
  }

  @Test func `who leaves without reading makes room before anybody else does`() {
    check(
      """
      limits memory=100 outbox=100
      channel ws/ accepts
      A connects /ws/ & A blocks & B connects /ws/ & B blocks
      host sends A 10 bytes & host sends B 10 bytes => nothing
      host sends A 50 bytes     => nothing
      host closes A 1000        => nothing
      host sends B 20 bytes     => A: gone host 1000
      statistics memoryBytes shed => memoryBytes 34 ; shed 0
      """)
  }

  @Test func `what is written at once is no reason to close anybody`() {
    check(
      """
      limits memory=100 outbox=100
      channel ws/ accepts groups=g
      A connects /ws/ & B connects /ws/
      broadcast 90 bytes to g   => A: text 90 bytes ; B: text 90 bytes
      statistics limit-memory memoryBytes => memoryBytes 0 ; memory 0
      """)
  }

  @Test func `half a message counts, and who began the largest goes`() {
    check(
      """
      limits memory=100
      channel ws/ accepts hears
      A connects /ws/ & B connects /ws/
      A begins 40 bytes & B begins 59 bytes => nothing
      statistics memoryBytes    => memoryBytes 99
      A goes-on 1 bytes         => B: close 1013 "out of memory"
      statistics memoryBytes    => memoryBytes 41
      A ends 1 bytes            => A says 42 bytes
      statistics memoryBytes    => memoryBytes 0
      """)
  }

  @Test func `what is held of the undecided counts`() {
    check(
      """
      limits memory=200
      channel ws/ hears
      on connect: note me says "later"
      A connects /ws/ & B connects /ws/ => A says "later" ; A: held ; B says "later" ; B: held
      A sends 20 bytes & B sends 10 bytes
      statistics memoryBytes    => memoryBytes 158
      host accepts B            => B says "xxxxxxxxxx"
      statistics memoryBytes    => memoryBytes 84
      A begins 116 bytes        => A: close 1013 "out of memory"
      statistics memoryBytes    => memoryBytes 0
      """)
  }

  @Test func `one whose socket holds much back is dropped at once`() {
    check(
      """
      limits memory=1000 outbox=2000
      channel ws/ accepts
      A connects /ws/ & A blocks
      host sends A 1100 bytes   => A: gone shed 1013 "out of memory"
      statistics memoryBytes    => memoryBytes 0
      B connects /ws/           => B: open
      """)
  }

  @Test func `state that can be got again goes first, and is caught up with`() {
    let text = String(repeating: "x", count: 300)
    checkContext(
      """
      limits memory=1500 ping=0 silence=0
      put Project {"id":1,"title":"P"}
      A opens /project/1/ ann own
      A blocks & merge Project {"id":1,"title":"Q"}
        nothing
      merge Project {"id":1,"title":"\(text)"}
        nothing
      merge Project {"id":1,"title":"R\(text)"}
        nothing
      merge Project {"id":1,"title":"S\(text)"}
        nothing
      merge Project {"id":1,"title":"T"}
        nothing
      statistics fallsBehind memoryBytes
        ...
      reached
        host: memory nobody 1500 1
      A drains
        ...
      statistics fallsBehind catchUps
        host: fallsBehind 1
        host: catchUps 1
      """)
  }

  @Test func `an edit of a list that is dropped with it is not taken for seen`() {
    let text = String(repeating: "x", count: 400)
    checkContext(
      """
      limits state=200 memory=1500 ping=0 silence=0
      put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"\(text)"}
      on list replace me 1
      A opens /projects/ ann
      B opens /projects/ ann & B blocks
      C opens /projects/ ann
      append C 2
      merge Project {"id":1,"title":"Q"}
        ...
      A blocks & merge Project {"id":1,"title":"R"}
      merge Project {"id":1,"title":"S"}
      append A 2
        nothing
      send B \(text) & send B \(text) & send B \(text)
        nothing
      A drains
        A: [{"id":1,"title":"R",Project,@T3,update,live}]
        A: {"type":"initialAnchors","anchorIds":[1,2],"initialAnchors":[1,2]}
        ...
        A: [{"id":2,"title":"\(text)","lead":null,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":null,Member,delete}]
        A: [{"_instance_type":"",@T4,end,"id":0}]
      """)
  }
}
