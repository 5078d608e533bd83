package import CoveyCore

/// The models that a host declares, until they are whole; from then on the schema of them, for any
/// thread.
package final class Models: Sendable {
  private struct Contents {
    var models: [Model] = []
    var schema: Schema?
  }

  private let contents = UvLocked(Contents())

  /// Declares a model; answers its position.
  package func add(_ model: Model) throws(Failure) -> Int {
    try contents.withLock { contents -> Result<Int, Failure> in
      if contents.schema != nil { return .failure(.busy("the store was used already")) }
      if contents.models.contains(where: { $0.name == model.name }) {
        return .failure(.exists("model \(Failure.quote(model.name.text)) is declared"))
      }
      guard contents.models.count < Limits.modelsMax else {
        return .failure(.full("there are \(Limits.modelsMax) models, the limit"))
      }
      contents.models.append(model)
      return .success(contents.models.count - 1)
    }.get()
  }

  /// The declared model at a position.
  package func model(_ position: Int) -> Model? {
    contents.withLock {
      $0.models.indices.contains(position) ? $0.models[position] : nil
    }
  }

  /// The schema as it is now; more may be declared.
  package func described() throws(Failure) -> Schema {
    try contents.withLock { contents -> Result<Schema, Failure> in
      if let schema = contents.schema { return .success(schema) }
      do throws(Failure) { return .success(try Schema(contents.models)) } catch {
        return .failure(error)
      }
    }.get()
  }

  /// Ends declaring; the same schema every time.
  func schema() throws(Failure) -> Schema {
    try contents.withLock { contents -> Result<Schema, Failure> in
      if let schema = contents.schema { return .success(schema) }
      do throws(Failure) {
        let made = try Schema(contents.models)
        contents.schema = made
        return .success(made)
      } catch { return .failure(error) }
    }.get()
  }
}
