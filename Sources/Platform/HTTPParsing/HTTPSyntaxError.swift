/// What is wrong with the bytes of a request.
package enum HTTPSyntaxError: Error, Equatable {
    case malformed
    /// The length of the body is stated more than once, or not as digits.
    case length
    case transferEncoding
    /// The first word is none of the methods that the parser knows; it may still be a method.
    case method
    case version
}
