import CHyperscan
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Many words and regular expressions, looked for in one pass over a text.
///
/// The pass takes time linear in the text whatever the patterns are. A set can be used from any thread; each scan borrows
/// one of Hyperscan's scratch spaces, which are made as needed and kept.
package final class PatternSet: Sendable {
    package static let mostPatterns = 20_000
    /// Texts above this size are not scanned whole; a message is far smaller.
    package static let longestText = 1 << 24

    /// What is needed when Hyperscan reports a match.
    struct Rule: Sendable {
        let id: Int
        let length: Int?
        let borders: CompiledExpression.Borders
    }

    /// What a scan found.
    package struct Scan: Sendable {
        /// In the order of their starts; overlapping matches of one pattern are one.
        package let matches: [PatternMatch]
        /// False when the scan stopped because there was too much to report.
        package let isComplete: Bool
    }

    /// A pointer that one scan at a time uses.
    private struct Scratch: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private static let keptScratches = 16

    // Written once in the initialiser, read-only to Hyperscan from then on.
    nonisolated(unsafe) private let database: OpaquePointer?
    private let prototype: Scratch?
    private let spare = Mutex<[Scratch]>([])
    private let rules: [Rule]
    private let cased: Set<Int>

    /// Whether there is nothing to look for.
    package var isEmpty: Bool { rules.isEmpty }

    /// Whether the pattern tells cases apart.
    package func isCaseSensitive(_ id: Int) -> Bool { cased.contains(id) }

    /// What is wrong with a regular expression; nil when nothing is.
    ///
    /// A file is read several times before it is in force, and again at each change of it: what was found of an expression
    /// is kept, as long as there are not too many.
    package static func complaint(about regex: String) -> String? {
        guard regex.utf8.count <= longestKept else { return CompiledExpression.complaint(about: regex) }
        if let known = complaints.withLock({ $0[regex] }) { return known }
        let complaint = CompiledExpression.complaint(about: regex)
        complaints.withLock { complaints in
            if complaints.count >= mostComplaints { complaints.removeAll() }
            complaints.updateValue(complaint, forKey: regex)
        }
        return complaint
    }

    private static let complaints = Mutex<[String: String?]>([:])
    private static let mostComplaints = 4096
    /// Bytes of an expression; hardly any longer one is taken.
    private static let longestKept = 1024

    /// Compiles the patterns; thousands of them take a second, so do it off the event loops.
    ///
    /// - Parameter cache: Where the compiled form may lie already, and is kept.
    /// - Throws: `PatternError` with the index of the first pattern that cannot be used and why.
    package init(_ patterns: [Pattern], cache: PatternCache? = nil) throws(PatternError) {
        guard patterns.count <= Self.mostPatterns else {
            throw PatternError(
                index: nil, message: "\(patterns.count) patterns; at most \(Self.mostPatterns) fit one set")
        }
        var compiled: [CompiledExpression] = []
        var rules: [Rule] = []
        var origins: [Int] = []
        for (index, pattern) in patterns.enumerated() {
            for expression in try CompiledExpression.expressions(of: pattern, index: index) {
                compiled.append(expression)
                origins.append(index)
                rules.append(Rule(id: pattern.id, length: expression.length, borders: expression.borders))
            }
        }
        self.rules = rules
        cased = Set(patterns.filter(\.isCaseSensitive).map(\.id))
        guard !patterns.isEmpty else {
            database = nil
            prototype = nil
            return
        }
        let database: OpaquePointer
        if let known = cache?.database(of: compiled) {
            database = known
        } else {
            database = try Self.compile(compiled, origins)
            cache?.keep(database, of: compiled)
        }
        var scratch: OpaquePointer?
        guard hs_alloc_scratch(database, &scratch) == HS_SUCCESS, let scratch else {
            hs_free_database(database)
            throw PatternError(index: nil, message: "Hyperscan could not allocate its scratch space")
        }
        self.database = database
        self.prototype = Scratch(pointer: scratch)
    }

    deinit {
        for scratch in spare.withLock({ $0 }) { hs_free_scratch(scratch.pointer) }
        if let prototype { hs_free_scratch(prototype.pointer) }
        hs_free_database(database)
    }

    /// Finds every pattern, at most `limit` matches.
    package func matches(in text: String, limit: Int = 1000) -> [PatternMatch] {
        scan(text, limit: limit).matches
    }

    /// Finds the match that starts first.
    package func firstMatch(in text: String) -> PatternMatch? { matches(in: text).first }

    /// Finds every pattern, at most `limit` matches, and says whether that was all.
    package func scan(_ text: String, limit: Int = 1000) -> Scan {
        guard database != nil, !text.isEmpty else { return Scan(matches: [], isComplete: true) }
        var text = text
        return text.withUTF8 { scan($0, limit: limit) }
    }

    /// The same of valid UTF-8.
    package func scan(_ utf8: UnsafeBufferPointer<UInt8>, limit: Int = 1000) -> Scan {
        guard let database, !utf8.isEmpty else { return Scan(matches: [], isComplete: true) }
        let isWhole = utf8.count <= Self.longestText
        // Cutting inside a character would hand invalid UTF-8 to Hyperscan.
        var length = min(utf8.count, Self.longestText)
        while length < utf8.count, utf8[length] & 0xC0 == 0x80 { length -= 1 }
        let part = UnsafeBufferPointer(rebasing: utf8[..<length])
        var collector = MatchCollector(part, rules, limit: limit)
        let scratch = borrow()
        defer { giveBack(scratch) }
        let status = part.withMemoryRebound(to: CChar.self) { characters in
            withUnsafeMutablePointer(to: &collector) { collector in
                hs_scan(database, characters.baseAddress, UInt32(length), 0, scratch.pointer, reportMatch, collector)
            }
        }
        precondition(status == HS_SUCCESS || status == HS_SCAN_TERMINATED, "Hyperscan refused a scan (\(status))")
        return Scan(
            matches: collector.matches.sorted { $0.range.lowerBound < $1.range.lowerBound },
            isComplete: collector.isComplete && isWhole)
    }

    private func borrow() -> Scratch {
        if let scratch = spare.withLock({ $0.popLast() }) { return scratch }
        guard let prototype else { preconditionFailure("a set without patterns has no scratch space") }
        var copy: OpaquePointer?
        guard hs_clone_scratch(prototype.pointer, &copy) == HS_SUCCESS, let copy else {
            preconditionFailure("Hyperscan could not allocate its scratch space")
        }
        return Scratch(pointer: copy)
    }

    private func giveBack(_ scratch: Scratch) {
        let isKept = spare.withLock { spare in
            guard spare.count < Self.keptScratches else { return false }
            spare.append(scratch)
            return true
        }
        if !isKept { hs_free_scratch(scratch.pointer) }
    }

    /// - Parameter origins: For each expression the index of its pattern.
    private static func compile(
        _ expressions: [CompiledExpression], _ origins: [Int]
    ) throws(PatternError) -> OpaquePointer {
        var expressions = expressions
        // Once as they are, and once more for each that is too large for all of Unicode.
        for _ in 0...expressions.count {
            let failure: (index: Int, message: String)
            switch compiled(expressions) {
            case .success(let database): return database.pointer
            case .failure(let error): failure = (error.index ?? -1, error.message)
            }
            if failure.index >= 0, let narrower = expressions[failure.index].narrower {
                expressions[failure.index] = narrower
            } else if failure.index < 0, expressions.contains(where: { $0.narrower != nil }) {
                expressions = expressions.map { $0.narrower ?? $0 }
            } else {
                throw PatternError(
                    index: failure.index >= 0 ? origins[failure.index] : nil, message: failure.message)
            }
        }
        throw PatternError(index: nil, message: "the patterns are too large")
    }

    /// A pointer on its way to its owner.
    private struct Database {
        let pointer: OpaquePointer
    }

    private static func compiled(_ expressions: [CompiledExpression]) -> Result<Database, PatternError> {
        let texts = expressions.map { strdup($0.expression) }
        defer { texts.forEach { free($0) } }
        let flags = expressions.map(\.flags)
        let ids = expressions.indices.map { UInt32($0) }
        var database: OpaquePointer?
        var failure: UnsafeMutablePointer<hs_compile_error_t>?
        let status = hs_compile_multi(
            texts.map { UnsafePointer($0) }, flags, ids, UInt32(expressions.count), UInt32(HS_MODE_BLOCK), nil,
            &database, &failure)
        defer { hs_free_compile_error(failure) }
        if status == HS_SUCCESS, let database { return .success(Database(pointer: database)) }
        let index = failure.map { Int($0.pointee.expression) } ?? -1
        let message = failure?.pointee.message.map { String(cString: $0) } ?? "Hyperscan refused the patterns"
        return .failure(
            PatternError(index: index >= 0 ? index : nil, message: CompiledExpression.explained(message)))
    }
}

/// Called by Hyperscan on the scanning thread for each end of a match; a non-zero answer ends the scan.
private func reportMatch(
    _ id: UInt32, _ from: UInt64, _ to: UInt64, _ flags: UInt32, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return 1 }
    let collector = context.assumingMemoryBound(to: MatchCollector.self)
    return collector.pointee.report(Int(id), from: Int(from), to: Int(to)) ? 0 : 1
}
