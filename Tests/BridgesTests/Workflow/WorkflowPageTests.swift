import BridgeRuntime
import BridgeTesting
import EventLoop
import Foundation
import Settings
import TestSupport
import Testing

@testable import Bridges

/// What docs/workflows.md says is so.
@Suite(.timeLimit(.minutes(1)))
struct WorkflowPageTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../..").standardizedFileURL

    private let page: String
    /// The blocks of a language, in their order.
    private func blocks(_ language: String) -> [String] {
        page.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first.map { $0 + "\n" }
        }
    }

    init() throws {
        page = try String(contentsOf: Self.root.appending(path: "docs/workflows.md"), encoding: .utf8)
    }

    @Test func `the first file and its fixture work as they stand there`() async throws {
        let folder = try temporaryDirectory()
        let yaml = blocks("yaml")
        try FileManager.default.createDirectory(atPath: "\(folder)/hello.tests", withIntermediateDirectories: true)
        try yaml[0].write(toFile: "\(folder)/hello.yaml", atomically: true, encoding: .utf8)
        try yaml[1].write(toFile: "\(folder)/hello.tests/greets.yaml", atomically: true, encoding: .utf8)
        let suite = try BridgeSuite([folder], registry: .standard, environment: [:])
        let results = await suite.run(BridgeTestOptions(), loops: EventLoopGroup(count: 1))
        #expect(results.map(\.outcome) == [.passed], "\(results.map(\.differences))")
    }

    @Test func `the mistakes are told as they stand there`() throws {
        let wrong = blocks("yaml")[0].replacing("react:", with: "reakt:")
            .replacing("message.author.name", with: "message.autor.name")
        let (_, problems) = BridgeFile.read(
            wrong, path: "data/bridges/hello.yaml", registry: .standard, environment: [:])
        #expect(problems.count == 2)
        for problem in problems { #expect(page.contains("\n\(problem)\n"), "\(problem) is not on the page") }
    }

    @Test func `every block of steps can be read`() {
        let steps = blocks("yaml").dropFirst(2)
        #expect(steps.count >= 2)
        for block in steps {
            let (file, problems) = BridgeFile.read(
                "bridge: workflow\nsettings:\n  steps:\n    - { id: order, call: 'https://x.test' }\n" + block,
                path: "flow.yaml", registry: .standard, environment: [:])
            #expect(file != nil, "\(block): \(problems)")
        }
    }

    @Test func `the reference is the one of this program`() {
        #expect(page.contains(WorkflowReference.text.trimmingCharacters(in: .newlines)), "run `make docs`")
    }

    @Test func `the bounds are those of the engine`() {
        for bound in [
            "| \(Template.longestText >> 10) KiB; a message 16,000 characters |", "| 1,000 |",
            "| \(WorkflowRun.mostItems) (`take`", "| \(StepReader.deepestNesting) |",
            "| \(RunMemory.mostBytes >> 20) MiB |", "| \(TemplateExpression.mostFilters) |",
            "| \(WorkflowRun.mostRecipients) |",
            "A key has at most \(WorkflowRun.longestKey) bytes, a value "
                + "\(WorkflowRun.longestValue >> 10) KiB as JSON, a bridge 10,000 values",
        ] { #expect(page.contains(bound), "\(bound)") }
        #expect(WorkflowRun.mostSteps == 1000 && StepReader.mostSteps == 1000 && LiveEffects.mostValues == 10_000)
    }

    @Test func `the table of examples names them all`() throws {
        let folder = Self.root.appending(path: "bridges/examples/workflows").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        #expect(files.count >= 5)
        for file in files { #expect(page.contains("| `\(file)` |"), "\(file)") }
    }
}
