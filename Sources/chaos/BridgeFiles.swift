import Foundation

/// The files of the bridges, and who receives what they carry.
struct BridgeFiles {
    /// The name of the bridge that is looked for when the process that runs the bridges is meant.
    static let webhook = "chaos-webhook"
    /// The name of the bridge whose program kills the process that started it.
    static let poison = "chaos-poison"

    let webhook: WebhookSink
    let program: ProgramSink

    /// Writes the files; the receivers are up.
    ///
    /// - Parameters:
    ///   - folder: Where the files go.
    ///   - results: Where the program writes what it got; not on the disk that is filled.
    ///   - itself: The path of this program, which is its own receiver.
    init(folder: String, results: String, itself: String, seed: UInt64) throws {
        webhook = WebhookSink(random: RandomSource(seed: seed, stream: 1))
        program = ProgramSink(path: results + "/program.jsonl")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let types = Frame.types.joined(separator: ", ")
        let head = """
            on: [\(types)]
            where:
              channel: ["chaos-*"]
            start: beginning
            retry: { attempts: 1000, first: 100ms, max: 1s }
            """
        let secret = Data((0..<32).map { UInt8($0) }).base64EncodedString()
        try """
        bridge: webhook
        \(head)
        settings:
          url: \(try webhook.start())
          secret: whsec_\(secret)
          timeout: 1s
          allow: [127.0.0.0/8]

        """.write(toFile: "\(folder)/\(Self.webhook).yaml", atomically: true, encoding: .utf8)
        try """
        bridge: process
        \(head)
        settings:
          command: ["\(itself)", sink, "\(program.path)"]
          timeout: 5s
          memory_limit: 4GiB

        """.write(toFile: "\(folder)/chaos-process.yaml", atomically: true, encoding: .utf8)
        try """
        bridge: process
        name: \(Self.poison)
        on: [message.created]
        where:
          channel: [\(Poison.channel)]
        start: beginning
        retry: { attempts: 1000, first: 100ms, max: 1s }
        settings:
          command: ["\(itself)", poison]
          timeout: 5s
          memory_limit: 4GiB

        """.write(toFile: "\(folder)/\(Self.poison).yaml", atomically: true, encoding: .utf8)
    }
}
