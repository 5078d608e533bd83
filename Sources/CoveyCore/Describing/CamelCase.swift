/// Names of one language in the manner of another.
enum CamelCase {
  /// The runs of ASCII letters and digits in a text; also cut where a capital follows a small
  /// letter, so that names in camel case come apart.
  static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var wasSmall = false
    for byte in text.utf8 {
      let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      let isSmall = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte)
      if !isCapital && !isSmall || isCapital && wasSmall, !word.isEmpty {
        words.append(word)
        word = ""
      }
      if isCapital || isSmall { word.unicodeScalars.append(Unicode.Scalar(byte)) }
      wasSmall = isSmall
    }
    if !word.isEmpty { words.append(word) }
    return words
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  static func capitalized(_ word: String) -> String {
    word.prefix(1).uppercased() + word.dropFirst()
  }

  /// `create_project` is createProject; nil when nothing of it can be in an identifier.
  static func lowerCamel(_ text: String) -> String? {
    let words = words(text)
    guard let first = words.first else { return nil }
    let name =
      first.prefix(1).lowercased() + first.dropFirst()
      + words.dropFirst().map(capitalized).joined()
    return (name.utf8.first.map(isDigit) == true ? "_" : "") + name
  }
}
