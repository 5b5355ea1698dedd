/// A value that writes its JSON itself: the same bytes in a list, an event and an answer of its own.
package protocol JSONWriting {
    /// Appends the whole value.
    func appendJSON(to json: inout [UInt8])
}
