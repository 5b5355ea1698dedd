import LoadGenerator
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MarkerTests {
    private func find(_ text: String) -> UInt64? { Array(text.utf8).withUnsafeBytes { Marker.find(in: $0) } }

    @Test(arguments: [0, 1, 0x0123_4567_89AB_CDEF, UInt64.max])
    func `a time is found again in the text that carries it`(_ time: UInt64) {
        let text = Marker.text(time)
        #expect(text.count == Marker.textLength)
        #expect(find(#"{"op":"event","data":{"text":""# + String(decoding: text, as: UTF8.self) + "\"}}") == time)
    }

    @Test(arguments: [
        "", "~", "~t~", "~t~0123456789abcde", "~t~0123456789abcdeX", "t~0123456789abcdef", "~T~0123456789abcdef",
    ])
    func `what is no mark is not found`(_ text: String) { #expect(find(text) == nil) }

    @Test func `a character of the mark before it does not hide it`() {
        #expect(find("~~t~t~~t~00000000000000ff~") == 255)
    }

    @Test func `all marks are found in their order`() {
        let bytes = Array("[~t~0000000000000001,~t~000000000000000z,~t~0000000000000002]".utf8)
        var found: [UInt64] = []
        bytes.withUnsafeBytes { Marker.forEach(in: $0) { found.append($0) } }
        #expect(found == [1, 2])
    }

    @Test func `another prefix is told from the mark`() {
        let bytes = Array("id='~n~u7~00000000000000aa' ~t~0000000000000001".utf8)
        #expect(bytes.withUnsafeBytes { Marker.number(after: Array("~n~u7~".utf8), in: $0) } == 0xaa)
        #expect(bytes.withUnsafeBytes { Marker.number(after: Array("~n~u8~".utf8), in: $0) } == nil)
    }
}
