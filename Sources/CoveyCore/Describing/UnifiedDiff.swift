/// The difference of two texts as `diff -u` shows it.
package enum UnifiedDiff {
  /// Lines shown around what changed.
  private static let contextCount = 3

  private enum Line {
    case same(String), removed(String), added(String)
  }

  /// Empty when the texts are equal; nil for `old` is a file that is not there.
  package static func of(_ old: String?, _ new: String, path: String) -> String {
    let oldLines = lines(old ?? "")
    let newLines = lines(new)
    let script = script(oldLines, newLines)
    var text = ""
    for hunk in hunks(script) {
      if text.isEmpty {
        text = "--- \(old == nil ? "/dev/null" : path)\n+++ \(path)\n"
      }
      text += hunk
    }
    return text
  }

  /// With their ends; the last one may have none.
  private static func lines(_ text: String) -> [String] {
    var lines: [String] = []
    var line = ""
    for scalar in text.unicodeScalars {
      line.unicodeScalars.append(scalar)
      if scalar == "\n" {
        lines.append(line)
        line = ""
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }

  private static func script(_ old: [String], _ new: [String]) -> [Line] {
    if old.isEmpty { return new.map { .added($0) } }
    var removed = Set<Int>()
    var added = Set<Int>()
    // By bytes: strings that look alike are equal.
    for change in new.difference(from: old, by: { $0.utf8.elementsEqual($1.utf8) }) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var script: [Line] = []
    var (from, to) = (0, 0)
    while from < old.count || to < new.count {
      if removed.contains(from) {
        script.append(.removed(old[from]))
        from += 1
      } else if added.contains(to) {
        script.append(.added(new[to]))
        to += 1
      } else {
        script.append(.same(old[from]))
        from += 1
        to += 1
      }
    }
    return script
  }

  /// The stretches of a script that lie near a change.
  private static func hunks(_ script: [Line]) -> [String] {
    var near = [Bool](repeating: false, count: script.count)
    for (position, line) in script.enumerated() {
      if case .same = line { continue }
      let first = max(0, position - contextCount)
      for index in first..<min(script.count, position + contextCount + 1) { near[index] = true }
    }
    var hunks: [String] = []
    var (from, to) = (1, 1)
    var position = 0
    while position < script.count {
      var end = position
      while end < script.count, near[end] == near[position] { end += 1 }
      let part = script[position..<end]
      let (oldCount, newCount) = counts(part)
      if near[position] {
        hunks.append(
          "@@ -\(range(from, oldCount)) +\(range(to, newCount)) @@\n" + part.map(shown).joined())
      }
      from += oldCount
      to += newCount
      position = end
    }
    return hunks
  }

  private static func counts(_ part: ArraySlice<Line>) -> (old: Int, new: Int) {
    var (old, new) = (0, 0)
    for line in part {
      switch line {
      case .same: (old, new) = (old + 1, new + 1)
      case .removed: old += 1
      case .added: new += 1
      }
    }
    return (old, new)
  }

  /// Of no lines the one before is named.
  private static func range(_ start: Int, _ count: Int) -> String {
    count == 0 ? "\(start - 1),0" : count == 1 ? "\(start)" : "\(start),\(count)"
  }

  private static func shown(_ line: Line) -> String {
    let text: String
    switch line {
    case .same(let line): text = " " + line
    case .removed(let line): text = "-" + line
    case .added(let line): text = "+" + line
    }
    return text.utf8.last == UInt8(ascii: "\n") ? text : text + "\n\\ No newline at end of file\n"
  }
}
