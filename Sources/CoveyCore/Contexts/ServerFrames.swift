/// What a context channel's clients are told, apart from rows. Each frame has the keys of both
/// dialects of RxDjango's clients, which look at their own and at nothing else.
enum ServerFrames {
  static func auth(session: Session?, isResumed: Bool, retry: ClosedRange<Int>) -> Frame {
    make { writer in
      writer.append("{\"type\":\"auth\",\"statusCode\":200,\"status_code\":200")
      if let session {
        writer.append(",\"session\":")
        writer.appendQuoted(session.name)
        writer.append(",\"retry\":{\"min_ms\":")
        writer.append(UInt64(retry.lowerBound))
        writer.append(",\"max_ms\":")
        writer.append(UInt64(retry.upperBound))
        writer.append(isResumed ? "},\"resumed\":true" : "},\"resumed\":false")
      }
      writer.append("}")
    }
  }

  static func authError(_ code: Int, _ error: String) -> Frame {
    make { writer in
      writer.append("{\"type\":\"auth\",\"statusCode\":")
      writer.append(UInt64(code))
      writer.append(",\"status_code\":")
      writer.append(UInt64(code))
      writer.append(",\"error\":")
      writer.appendQuoted(error)
      writer.append("}")
    }
  }

  /// Client of RxDjango keep old anchors on an empty list: they are told of one that they are then
  /// told is gone. Our own clients forget what they hold when all of it is sent again.
  static func initialAnchors(
    _ ids: some Collection<InstanceID>, _ dialect: Dialect, isReset: Bool
  ) -> Frame {
    make { writer in
      func writeList() {
        writer.append("[")
        var isFirst = true
        for id in ids {
          if !isFirst { writer.append(",") }
          isFirst = false
          writer.append(id)
        }
        if isFirst, dialect != .own { writer.append("0") }
        writer.append("]")
      }
      writer.append("{\"type\":\"initialAnchors\",\"anchorIds\":")
      writeList()
      writer.append(",\"initialAnchors\":")
      writeList()
      if dialect == .own, isReset { writer.append(",\"reset\":true") }
      writer.append("}")
    }
  }

  static func prependAnchor(_ id: InstanceID) -> Frame {
    make { writer in
      writer.append("{\"type\":\"prependAnchor\",\"anchorId\":")
      writer.append(id)
      writer.append(",\"prependAnchor\":")
      writer.append(id)
      writer.append("}")
    }
  }

  static func variable(_ name: Name, _ json: [UInt8]) -> Frame {
    make { writer in
      writer.append("{\"type\":\"runtimeVar\",\"var\":")
      writer.appendQuoted(name.bytes)
      writer.append(",\"runtimeVar\":")
      writer.appendQuoted(name.bytes)
      writer.append(",\"value\":")
      writer.append(json)
      writer.append("}")
    }
  }

  package static func system(_ source: String, _ message: String) -> Frame {
    make { writer in
      writer.append("{\"type\":")
      writer.appendQuoted(source)
      writer.append(",\"source\":")
      writer.appendQuoted(source)
      writer.append(",\"message\":")
      writer.appendQuoted(message)
      writer.append("}")
    }
  }

  static func drain(milliseconds: UInt64) -> Frame {
    make { writer in
      writer.append("{\"type\":\"drain\",\"delay_ms\":")
      writer.append(milliseconds)
      writer.append("}")
    }
  }

  private static func make(_ body: (FrameWriter) -> Void) -> Frame {
    let writer = FrameWriter()
    body(writer)
    return writer.frame()
  }
}

/// Answers to calls, put into a writer that is there already: they are many.
extension FrameWriter {
  func writeResult(_ wireID: [UInt8], _ json: Span<UInt8>) {
    reset()
    append("{\"type\":\"actionResponse\",\"callId\":")
    append(wireID)
    append(",\"result\":")
    append(json)
    append("}")
  }

  func writeActionError(_ wireID: [UInt8], _ code: Int, _ message: String) {
    reset()
    append("{\"type\":\"actionResponse\",\"callId\":")
    append(wireID)
    writeError(code, message)
  }

  /// Our own client is told what a create was named.
  func writeSuccess(_ wireID: [UInt8], _ id: InstanceID) {
    reset()
    append("{\"type\":\"writeResponse\",\"writeId\":")
    append(wireID)
    append(",\"success\":true,\"instanceId\":")
    append(id)
    append("}")
  }

  func writeWriteError(_ wireID: [UInt8], _ code: Int, _ message: String) {
    reset()
    append("{\"type\":\"writeResponse\",\"writeId\":")
    append(wireID)
    append(",\"success\":false")
    writeError(code, message)
  }

  private func writeError(_ code: Int, _ message: String) {
    append(",\"error\":{\"code\":")
    if code < 0 { append(UInt8(ascii: "-")) }
    append(UInt64(code.magnitude))
    append(",\"message\":")
    appendQuoted(message)
    append("}}")
  }
}
