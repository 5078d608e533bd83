import CoveyCore

/// The models, channels and actions that scenarios of context channels have.
///
///     Project  title lead:Member? tasks:[Task by project] notes:[Note by project]
///     Task     project? title who:Member? rank?      may be saved, created, deleted
///     Member   name files:[File]
///     Note     project? owner? text                  may be saved, created; has an owner
///     File     name                                  string ids; may be saved, created
///     Node     next:Node?
enum ContextWorld {
  static let models = ["Project", "Task", "Member", "Note", "File", "Node"]

  static func schema(loads: Bool) throws(Failure) -> Schema {
    try Schema([
      Model(
        "b.Project", .integer,
        [
          Field("title", .string),
          Field("lead", .one(model: "b.Member"), isNullable: true),
          Field("tasks", .many(model: "b.Task", inverse: "project")),
          Field("notes", .many(model: "b.Note", inverse: "project")),
        ], hasLoader: loads),
      Model(
        "b.Task", .integer,
        [
          Field("project", .integer, isNullable: true),
          Field("title", .string, isWritable: true),
          Field("who", .one(model: "b.Member"), isNullable: true, isWritable: true),
          Field("rank", .integer, isNullable: true),
        ], writable: [.save, .create, .delete]),
      Model(
        "b.Member", .integer,
        [Field("name", .string), Field("files", .many(model: "b.File", inverse: nil))]),
      Model(
        "b.Note", .integer,
        [
          Field("project", .integer, isNullable: true),
          Field("owner", .string, isNullable: true, isWritable: true),
          Field("text", .string, isWritable: true),
        ], writable: [.save, .create], owner: "owner"),
      Model(
        "b.File", .text, [Field("name", .string, isWritable: true)], writable: [.save, .create]),
      Model("b.Node", .integer, [Field("next", .one(model: "b.Node"), isNullable: true)]),
    ])
  }

  /// Registers the channels:
  ///
  ///     /project/<id>/  shows one    /projects/  a list     /mine/  one that the host names
  ///     /public/<id>/   one, to everybody                   /closed/<id>/  one, to nobody
  ///     /note/<id>/     one note     /file/<id>/ one file, whose id is a string
  ///     /member/<id>/   one member   /node/<id>/ one node   /nodes/ a list of them
  static func register(on hub: Hub) throws(Failure) {
    try add("project/<int:id>/", 0, to: hub)
    try add("projects/", 0, isMany: true, to: hub)
    try add("mine/", 0, to: hub)
    try add("public/<int:id>/", 0, hasHandlers: false, isPublic: true, to: hub)
    try add("closed/<int:id>/", 0, hasHandlers: false, to: hub)
    try add("note/<id>/", 3, to: hub)
    try add("file/<id>/", 4, to: hub)
    try add("member/<id>/", 2, to: hub)
    try add("node/<id>/", 5, to: hub)
    try add("nodes/", 5, isMany: true, to: hub)
  }

  private static func add(
    _ text: String, _ model: Int, isMany: Bool = false, hasHandlers: Bool = true,
    isPublic: Bool = false, to hub: Hub
  ) throws(Failure) {
    let pattern = try Pattern(text)
    let channel = Channel(pattern: pattern, origins: try OriginRules([]))
    channel.hasTextHandler = true
    channel.isPublic = isPublic
    let hasParameter = !pattern.parameterNames.isEmpty
    let context = try Context(model: model, isMany: isMany, parameter: hasParameter ? 0 : nil)
    context.hasAuthenticate = hasHandlers
    context.hasAuthorize = hasHandlers
    context.hasOpen = hasHandlers
    context.hasWrite = hasHandlers
    context.hasList = !hasParameter
    channel.context = context
    let position = try hub.register(channel)
    for action in try actions() { try hub.register(action, channel: position) }
  }

  static let actionNames = ["rename", "echo", "admin", "plan"]

  private static func actions() throws(Failure) -> [Action] {
    let title = try Field("title", .string)
    let rank = try Field("rank", .integer, isNullable: true, isOptional: true)
    let due = try Field("due", .datetime)
    return [
      try Action(
        "rename", grant: nil, allowsAnonymous: false, parameters: [title, rank], handler: 0),
      try Action("echo", grant: nil, allowsAnonymous: true, parameters: nil, handler: 1),
      try Action("admin", grant: "admin", allowsAnonymous: false, parameters: [], handler: 2),
      try Action("plan", grant: nil, allowsAnonymous: false, parameters: [due], handler: 3),
    ]
  }
}
