internal import COpenSSL

/// Comparisons of secrets.
package enum ConstantTime {
    /// Takes the same time wherever the first difference lies; that the lengths differ may show.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// Compares the UTF-8 of two texts.
    package static func equal(_ left: String, _ right: String) -> Bool { equal(Array(left.utf8), Array(right.utf8)) }
}
