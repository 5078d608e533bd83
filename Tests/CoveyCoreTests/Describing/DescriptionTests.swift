import Testing

@testable import CoveyCore

/// What a server offers, told to programs.
struct DescriptionTests {
  private static func board() throws -> Description {
    let models = [
      try Model(
        "board.Project", .integer,
        [
          Field("name", .string, isWritable: true),
          Field("tasks", .many(model: "board.Task", inverse: "project")),
        ], writable: [.save]),
      try Model(
        "board.Task", .text,
        [
          Field("project", .integer),
          Field("state", .choice(["\"open\"", "3"].map { Array($0.utf8) })),
          Field("after", .one(model: "board.Task"), isNullable: true),
          Field("data", .shaped(Shape(#"{"tags?":["string"]}"#))),
        ], writable: [.save, .create, .delete], owner: "project"),
    ]
    let hub = Hub(limits: Limits(), token: 1, secret: Secret(1, 2))
    let channel = Channel(
      pattern: try Pattern("ws/projects/<int:project_id>/"), origins: try OriginRules([]))
    let context = try Context(
      model: 0, isMany: false, parameter: 0, variables: [Field("viewers", .integer)])
    channel.context = context
    channel.isPublic = true
    let position = try hub.register(channel)
    try hub.registerEvent("b.event", channel: position, handler: 0)
    try hub.registerEvent("a.event", channel: position, handler: 1)
    try hub.register(
      Action(
        "create_task", grant: "editor", allowsAnonymous: true,
        parameters: [Field("title", .string), Field("done", .boolean, isOptional: true)],
        result: Field("result", .shaped(Shape(#"["integer"]"#))), handler: 0), channel: position)
    try hub.register(
      Action("any", grant: nil, allowsAnonymous: false, parameters: nil, handler: 1),
      channel: position)
    _ = try hub.register(
      Channel(pattern: try Pattern("<slug:a>/<b>"), origins: try OriginRules([])))
    return Description(try Schema(models), hub)
  }

  @Test func `everything that was registered is in it, in its order`() throws {
    let text = String(decoding: try Self.board().json, as: UTF8.self)
    #expect(
      text == """
        {"version":1,"models":[{"name":"board.Project","id":"integer","writable":["save"],\
        "fields":[{"name":"name","type":"string","writable":true},\
        {"name":"tasks","type":"many","model":"board.Task","inverse":"project"}]},\
        {"name":"board.Task","id":"string","writable":["save","create","delete"],"owner":"project",\
        "fields":[{"name":"project","type":"integer"},\
        {"name":"state","type":"choice","choices":["open",3]},\
        {"name":"after","type":"one","model":"board.Task","nullable":true},\
        {"name":"data","type":"json","shape":{"tags?":["string"]}}]}],\
        "channels":[{"pattern":"ws/projects/<int:project_id>/",\
        "parameters":[{"name":"project_id","type":"int"}],"events":["a.event","b.event"],\
        "public":true,"context":{"name":"ProjectsByProjectIdChannel","model":"board.Project",\
        "parameter":"project_id","variables":[{"name":"viewers","type":"integer"}],\
        "actions":[{"name":"create_task","grant":"editor","anonymous":true,\
        "parameters":[{"name":"title","type":"string"},\
        {"name":"done","type":"boolean","optional":true}],\
        "result":{"type":"json","shape":["integer"]}},{"name":"any","unchecked":true}]}},\
        {"pattern":"<slug:a>/<b>","parameters":[{"name":"a","type":"slug"},\
        {"name":"b","type":"str"}]}]}
        """, "\(text)")
  }
}
