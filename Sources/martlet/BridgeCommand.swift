import BridgeKit
import BridgeRuntime
import Bridges
import Foundation
import Settings

/// `martlet bridge`: what a bridge file can hold, from the declarations themselves, and whether one is right.
struct BridgeCommand {
    private enum What {
        case kinds, reference
        case check(files: [String])
    }

    private let what: What
    private let environment: [String: String]

    init(arguments: [String], environment: [String: String]) throws(UsageError) {
        let files = Array(arguments.dropFirst())
        switch arguments.first {
        case "kinds" where files.isEmpty: what = .kinds
        case "reference" where files.isEmpty: what = .reference
        case "check" where !files.isEmpty: what = .check(files: files)
        default: throw UsageError("Say what to do: `bridge kinds`, `bridge reference` or `bridge check FILE…`.")
        }
        self.environment = environment
    }

    func run() throws {
        switch what {
        case .kinds:
            for kind in kinds { print("\(kind.kind)\t\(kind.summary)") }
        case .reference:
            print(
                BridgeFile.spec(kinds: BridgeRegistry.standard.kinds, settings: nil)
                    .documentation(title: "Every bridge file"))
            for kind in kinds {
                print(
                    kind.settings.documentation(title: "`\(kind.kind)`: settings").replacing(
                        "\n\n|", with: "\n\n\(kind.summary)\n\n|", maxReplacements: 1))
            }
        case .check(let files): try check(files)
        }
    }

    private var kinds: [any Bridge.Type] {
        BridgeRegistry.standard.kinds.sorted().compactMap { BridgeRegistry.standard[$0] }
    }

    /// - Throws: ``UsageError`` for a file that cannot be read, ``BridgeFilesFailure`` for one that is wrong.
    private func check(_ files: [String]) throws {
        var problems: [String] = []
        for path in files {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw UsageError("Cannot read the bridge file \(path).")
            }
            let (file, found) = BridgeFile.read(
                String(decoding: data, as: UTF8.self), path: path, registry: .standard, environment: environment)
            problems += found.errors.map(\.description)
            for problem in found where problem.isWarning { print(problem) }
            if let file { print("\(path): \(file.kind.kind) \"\(file.name)\"") }
        }
        guard problems.isEmpty else { throw BridgeFilesFailure(problems: problems) }
    }
}

/// A bridge file has errors.
struct BridgeFilesFailure: Error, CustomStringConvertible {
    let problems: [String]
    var description: String {
        "the files have \(problems.count == 1 ? "a problem" : "\(problems.count) problems"):\n"
            + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}
