import ArgumentParser

/// `carpctl completions`.
struct Completions: ParsableCommand {
  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash, zsh, fish

    fileprivate var parserShell: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  static let configuration = CommandConfiguration(
    abstract: "Print the completions for a shell.",
    discussion: "bash: carpctl completions bash > /usr/share/bash-completion/completions/carpctl")

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() { print(Carpctl.completionScript(for: shell.parserShell)) }
}
