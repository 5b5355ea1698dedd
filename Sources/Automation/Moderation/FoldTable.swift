import Foundation
import Synchronization

/// What becomes of each character when a text is folded, made from ICU's data as it is asked for.
///
/// Texts are folded by this table alone, so that a character costs the same whatever it is. A block of 256 characters is
/// made when one of them comes up first, within a millisecond, so that a start waits for none but those of its words.
final class FoldTable: Sendable {
    /// What else is to be known of a character.
    struct Traits: OptionSet {
        let rawValue: UInt32

        /// Nobody sees it.
        static let ignorable = Traits(rawValue: 1)
        /// May make one character with the one before it.
        static let combines = Traits(rawValue: 2)
        /// An accent of a European letter.
        static let accent = Traits(rawValue: 4)
        /// A vowel point or the like, which words are written with or without.
        static let point = Traits(rawValue: 8)
        /// A letter of another alphabet in which a Latin one could be written.
        static let foreign = Traits(rawValue: 16)
        /// Looks like the Latin letter ``Entry/look``.
        static let lookAlike = Traits(rawValue: 32)
        /// Reminds of it only: `ш` for a w.
        static let reminds = Traits(rawValue: 64)
        /// A letter that is hardly used but to look like another: Lisu, Cherokee, mathematical signs.
        static let exotic = Traits(rawValue: 128)
        /// A Latin letter upside down.
        static let upsideDown = Traits(rawValue: 256)
        /// A picture or sign that can cover a letter.
        static let blot = Traits(rawValue: 512)
        /// A letter or a mark in one.
        static let letter = Traits(rawValue: 1024)
        /// A letter of a script that is written without blanks.
        static let unspaced = Traits(rawValue: 2048)
        /// One of the letters of a language that is written with this alphabet.
        static let everyday = Traits(rawValue: 4096)
        /// The form without accents is another than the one with.
        static let plainDiffers = Traits(rawValue: 8192)
        /// The exact form is another than the folded one.
        static let exactDiffers = Traits(rawValue: 16384)
        /// Folded, it is a Latin letter.
        static let latin = Traits(rawValue: 32768)
        /// Not itself in any of the three forms.
        static let changes = Traits(rawValue: 65536)
        static let hangul = Traits(rawValue: 131072)
    }

    /// What is known of one character.
    struct Entry {
        var traits: Traits = []
        /// The Latin letter, or `1` for what may be an i or an l.
        var look: UInt8 = 0
        /// The Latin letter when the text is turned upside down.
        var flipped: UInt8 = 0
        /// Bytes of the three forms, which lie one behind the other in ``letters``.
        var exactCount: UInt8 = 0
        var markedCount: UInt8 = 0
        var plainCount: UInt8 = 0
        /// Nil for a character that is left as it is.
        var letters: UnsafePointer<UInt8>?

        /// What the character becomes; nothing when it is left as it is.
        @inline(__always)
        func form(_ form: Form) -> UnsafeBufferPointer<UInt8> {
            let exact = Int(exactCount)
            let marked = Int(markedCount)
            return switch form {
            case .exact: UnsafeBufferPointer(start: letters, count: exact)
            case .marked: UnsafeBufferPointer(start: letters.map { $0 + exact }, count: marked)
            case .plain: UnsafeBufferPointer(start: letters.map { $0 + exact + marked }, count: Int(plainCount))
            }
        }
    }

    enum Form {
        /// In any case, as Unicode composes it; nothing else is changed.
        case exact
        /// Compatible shapes as one, accents kept.
        case marked
        /// Without accents.
        case plain
    }

    /// 256 characters; never freed, and not changed once others can see it.
    struct Block {
        let indices: UnsafePointer<UInt16>
        let entries: UnsafePointer<Entry>
    }

    static let shared = FoldTable()
    private static let blockCount = 0x1100

    // Each goes from nil to its block once.
    nonisolated(unsafe) private let blocks: UnsafeMutablePointer<Atomic<UnsafeMutablePointer<Block>?>>

    private init() {
        blocks = .allocate(capacity: Self.blockCount)
        for index in 0..<Self.blockCount { (blocks + index).initialize(to: Atomic(nil)) }
        // What is used at all is made meanwhile, so that no text pays for hundreds at once. Ends by itself.
        Thread.detachNewThread { [self] in
            for number in 0..<0x200 { _ = self[UInt32(number) << 8] }
        }
    }

    /// What is known of a character up to U+10FFFF.
    @inline(__always)
    subscript(scalar: UInt32) -> UnsafePointer<Entry> {
        let number = Int(scalar >> 8)
        let block = blocks[number].load(ordering: .acquiring) ?? make(number)
        return block.pointee.entries + Int(block.pointee.indices[Int(scalar & 0xFF)])
    }

    @inline(__always)
    func traits(of scalar: UInt32) -> Traits { self[scalar].pointee.traits }

    /// Two threads may make one block; the first that is done keeps its own.
    @inline(never)
    private func make(_ number: Int) -> UnsafeMutablePointer<Block> {
        let made = UnsafeMutablePointer<Block>.allocate(capacity: 1)
        var maker = FoldBlockMaker(number)
        made.initialize(to: maker.block())
        let (isFirst, known) = blocks[number].compareExchange(
            expected: nil, desired: made, ordering: .acquiringAndReleasing)
        if isFirst { return made }
        FoldBlockMaker.free(made.pointee)
        made.deallocate()
        return known ?? made
    }
}
