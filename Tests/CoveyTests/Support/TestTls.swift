import CTestTls
import Glibc

/// TLS for all servers and clients of these tests, when COVEY_TEST_TLS is 1 in the environment.
enum TestTls {
  static let isOn = getenv("COVEY_TEST_TLS").map { String(cString: $0) } == "1"

  /// Of every server; gone when the process is.
  static let files: (certificate: String, key: String)? = {
    var template = Array("/tmp/covey-test-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { return nil }
    let folder = String(cString: made)
    let files = (certificate: folder + "/certificate.pem", key: folder + "/key.pem")
    guard test__write_certificate(files.certificate, files.key) == 1 else { return nil }
    atexit {
      guard let files = TestTls.files else { return }
      unlink(files.certificate)
      unlink(files.key)
      rmdir(String(files.key.dropLast("/key.pem".count)))
    }
    return files
  }()

  /// Of every client.
  fileprivate nonisolated(unsafe) static let context = SSL_CTX_new(TLS_client_method())
}

/// One client's end of TLS on a socket that blocks.
final class TlsChannel: @unchecked Sendable {
  enum Outcome: Equatable {
    case bytes(Int)
    /// Neither in time.
    case timeout
    case end
  }

  private let tls: OpaquePointer

  /// Shakes hands; nil when that fails.
  init?(_ descriptor: Int32) {
    // What a server has closed is written to as well.
    signal(SIGPIPE, SIG_IGN)
    guard let tls = SSL_new(TestTls.context) else { return nil }
    self.tls = tls
    ERR_clear_error()
    guard SSL_set_fd(tls, descriptor) == 1, SSL_connect(tls) == 1 else { return nil }
  }

  deinit { SSL_free(tls) }

  func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    ERR_clear_error()
    return outcome(SSL_write(tls, bytes.baseAddress, Int32(clamping: bytes.count)))
  }

  func read(_ room: UnsafeMutableRawBufferPointer) -> Outcome {
    ERR_clear_error()
    return outcome(SSL_read(tls, room.baseAddress, Int32(clamping: room.count)))
  }

  private func outcome(_ count: Int32) -> Outcome {
    if count > 0 { return .bytes(Int(count)) }
    switch SSL_get_error(tls, count) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .timeout
    default: return .end
    }
  }

  /// Says that nothing more will be sent.
  func endSending() { SSL_shutdown(tls) }
}
