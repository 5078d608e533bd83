import CCovey
import Testing

extension Wire {
  @Suite struct UpgradeTests {
    @Test func `a good handshake is answered with 101 and the digest of its key`() throws {
      let server = try TestServer()
      let client = try server.connection()
      let response = client.upgrade()
      #expect(response.status == 101)
      #expect(response["sec-websocket-accept"] == RawClient.goodAnswer)
      #expect(response["upgrade"]?.lowercased() == "websocket")
      #expect(response["sec-websocket-protocol"] == nil)
      #expect(response["sec-websocket-extensions"] == nil)
      #expect(client.echoes("hello"))
    }

    @Test func `the tests run over what they are told to run over`() throws {
      let server = try TestServer(
        TestChannel(onConnect: { consumer in
          consumer.send(consumer.scheme ?? "")
          consumer.accept()
        }))
      #expect(try server.client().receive() == .text(TestTls.isOn ? "https" : "http"))
    }
  }
}
