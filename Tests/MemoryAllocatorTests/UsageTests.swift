import Foundation
import MemoryAllocator
import Testing

@Suite struct UsageTests {
    #if os(Linux)
    @Test func `what the program allocates is counted`() throws {
        let before = try #require(MemoryAllocator.usage())
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 64 << 20, alignment: 16)
        defer { memory.deallocate() }
        let after = try #require(MemoryAllocator.usage())
        // Other tests allocate and free meanwhile, but not as much.
        #expect(after.allocated > before.allocated + (32 << 20))
    }

    @Test func `jemalloc knows how to give back what is unused, unless its own settings say something else`() {
        let hasSettings = ProcessInfo.processInfo.environment["MALLOC_CONF"] != nil
        #expect(MemoryAllocator.returnUnused(after: .seconds(1)) == !hasSettings)
    }
    #endif
}
