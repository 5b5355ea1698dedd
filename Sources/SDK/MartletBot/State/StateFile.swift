/// Where a bot's state is kept between its runs.
package protocol StateFile: Sendable {
    /// What was written last; nil when nothing ever was.
    func read() async throws -> [UInt8]?

    /// Replaces everything at once: a crash leaves either the old state or the new one.
    func write(_ bytes: [UInt8]) async throws
}
