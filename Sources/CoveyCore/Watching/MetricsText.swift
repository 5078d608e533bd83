/// The text format of Prometheus: families, each with its help and type, and their samples.
final class MetricsText {
  enum Kind {
    case counter, gauge, histogram
  }

  private let writer = FrameWriter()
  private var family: StaticString = ""

  var bytes: [UInt8] { writer.bytes }

  /// Begins a family; samples follow.
  func family(_ name: StaticString, _ kind: Kind, _ help: StaticString) {
    family = name
    writer.append("# HELP ")
    writer.append(name)
    writer.append(" ")
    writer.append(help)
    writer.append("\n# TYPE ")
    writer.append(name)
    switch kind {
    case .counter: writer.append(" counter\n")
    case .gauge: writer.append(" gauge\n")
    case .histogram: writer.append(" histogram\n")
    }
  }

  /// A family with one sample.
  func single(_ name: StaticString, _ kind: Kind, _ help: StaticString, _ value: UInt64) {
    family(name, kind, help)
    writer.append(name)
    end(value)
  }

  func sample(_ label: StaticString, _ labelValue: String, _ value: UInt64) {
    writer.append(family)
    writer.append("{")
    put(label, labelValue)
    writer.append("}")
    end(value)
  }

  func sample(milliseconds: UInt64) {
    writer.append(family)
    writer.append(" ")
    writer.appendSeconds(milliseconds: milliseconds)
    writer.append("\n")
  }

  func histogram(
    _ histogram: Histogram, _ label: StaticString? = nil, _ labelValue: StaticString = ""
  ) {
    var soFar: UInt64 = 0
    for bucket in 0...histogram.boundCount {
      soFar &+= histogram.counts[bucket]
      writer.append(family)
      writer.append("_bucket{")
      if let label {
        put(label, labelValue.description)
        writer.append(",")
      }
      writer.append("le=\"")
      if bucket < histogram.boundCount {
        writer.appendSeconds(nanoseconds: histogram.boundNanoseconds(bucket))
      } else {
        writer.append("+Inf")
      }
      writer.append("\"}")
      end(soFar)
    }
    suffix("_sum", label, labelValue)
    writer.append(" ")
    writer.appendSeconds(nanoseconds: histogram.sumNanoseconds)
    writer.append("\n")
    suffix("_count", label, labelValue)
    end(soFar)
  }

  private func suffix(_ suffix: StaticString, _ label: StaticString?, _ labelValue: StaticString) {
    writer.append(family)
    writer.append(suffix)
    guard let label else { return }
    writer.append("{")
    put(label, labelValue.description)
    writer.append("}")
  }

  private func put(_ label: StaticString, _ value: String) {
    writer.append(label)
    writer.append("=")
    writer.appendLabelValue(value)
  }

  private func end(_ value: UInt64) {
    writer.append(" ")
    writer.append(value)
    writer.append("\n")
  }
}
