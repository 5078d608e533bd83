/// A file that is generated from what a server offers.
package struct GeneratedFile: Equatable {
  /// Below the folder, with slashes.
  package let name: String
  package let text: String
}

/// In whose manner clients are generated.
package enum Generator {
  case covey(module: String?, url: String?)
  case rxDjango(module: String?, url: String?)

  package func files(_ description: Description) throws(Failure) -> [GeneratedFile] {
    switch self {
    case .covey(let module, let url):
      try CoveyTypeScript(description, module: module, url: url).files()
    case .rxDjango(let module, let url):
      try RxDjangoTypeScript(description, module: module, url: url).files()
    }
  }
}
