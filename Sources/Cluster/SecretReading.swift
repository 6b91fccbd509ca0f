import Desired
import XML

extension DesiredConfiguration {
  /// With the values that stand in files and in the environment.
  ///
  /// - Parameter noting: is told of each error.
  /// - Returns: what could be read, and what could not.
  package func readingSecrets(
    noting: (FileError) -> Void = { _ in }
  ) -> (DesiredConfiguration, [Diagnostic]) {
    var problems: [Diagnostic] = []
    func resolved(_ element: Element, at location: Location) -> Element {
      element.resolvingSecrets { error, position in
        noting(error)
        problems.append(Diagnostic(.error, error.message, at: location.of(position)))
      }
    }
    var result = self
    for index in objects.indices {
      result.objects[index].object.element = resolved(objects[index].element, at: objects[index].location)
    }
    for index in settings.indices {
      result.settings[index].element = resolved(settings[index].element, at: settings[index].location)
    }
    for index in nodes.indices {
      result.nodes[index].element = resolved(nodes[index].element, at: nodes[index].location)
    }
    return (result, problems)
  }
}
