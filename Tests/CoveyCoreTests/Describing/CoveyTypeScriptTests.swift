import Testing

@testable import CoveyCore

/// The clients that are written for the package of our own.
struct CoveyTypeScriptTests {
  private static func shaped(
    _ name: String, _ shape: String, isNullable: Bool = false, isWritable: Bool = false
  ) throws -> Field {
    try Field(name, .shaped(Shape(shape)), isNullable: isNullable, isWritable: isWritable)
  }

  private static func description(_ patterns: [String], name: String?) throws -> Description {
    let lists = #"[["string"]]"#
    let object = #"{"at?":{"*":["number"]},"of":{"|":["null",["integer"]]}}"#
    let card = try Model(
      "b.Card", .integer,
      [
        shaped("tags", #"["string"]"#, isNullable: true, isWritable: true),
        shaped("lists", lists), shaped("object", object, isWritable: true),
        Field("any", .json),
      ], writable: [.save])
    let hub = Hub(limits: Limits(), token: 1, secret: Secret(1, 2))
    for pattern in patterns {
      let channel = Channel(pattern: try Pattern(pattern), origins: try OriginRules([]))
      channel.context = try Context(
        model: 0, isMany: true, parameter: nil, name: name,
        variables: [shaped("seen", #"[{"|":["string","null"]}]"#)])
      let position = try hub.register(channel)
      try hub.register(
        Action(
          "sort", grant: nil, allowsAnonymous: false, parameters: [shaped("ids", lists)],
          result: shaped("result", lists), handler: 0), channel: position)
    }
    return Description(try Schema([card]), hub)
  }

  @Test func `what is inside of JSON that is shown is nobody's to change`() throws {
    let description = try Self.description(["cards/"], name: nil)
    let client = try CoveyTypeScript(description, module: nil, url: nil)
    let text = try client.files().map(\.text).joined()
    for line in [
      "  readonly tags: readonly string[] | null;\n",
      "  readonly lists: readonly (readonly string[])[];\n",
      "  readonly object: { readonly at?: { readonly [key: string]: readonly number[] };"
        + " readonly of: null | readonly number[] };\n",
      "  readonly any: Json;\n", "  seen: readonly (string | null)[];\n",
      "options?: CallOptions): Promise<readonly (readonly string[])[]>;\n",
    ] {
      #expect(text.contains(line), "\(line) is not in \(text)")
    }
  }

  @Test func `what is handed in may be made of what can be changed`() throws {
    let description = try Self.description(["cards/"], name: nil)
    let client = try CoveyTypeScript(description, module: nil, url: nil)
    let text = try client.files().map(\.text).joined()
    for line in [
      "  tags?: string[] | null;\n",
      "  object?: { at?: { [key: string]: number[] }; of: null | number[] };\n",
      "  sort(ids: string[][], options?: CallOptions)",
    ] {
      #expect(text.contains(line), "\(line) is not in \(text)")
    }
  }

  @Test func `channels of one name are told how to have two`() throws {
    let description = try Self.description(["cards/", "old/cards/"], name: "CardsChannel")
    #expect {
      try CoveyTypeScript(description, module: nil, url: nil)
    } throws: { error in
      (error as? Failure)?.message == """
        channel cards/ and channel old/cards/ are both called CardsChannel in TypeScript; call \
        one otherwise: option name of its context, in Python client_class
        """
    }
  }
}
