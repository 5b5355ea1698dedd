internal import CLibEvent

extension EventLoop {
    /// Unix signals, as they come in; several of one kind before they are read count as one.
    ///
    /// The default action of `numbers` is replaced for the rest of the process: nothing is ever uninstalled.
    package func signals(_ numbers: Int32...) -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingNewest(4))
        let context = Unmanaged.passRetained(SignalContext(continuation)).toOpaque()
        for number in numbers {
            let event = event_new(base, number, Int16(EV_SIGNAL | EV_PERSIST), signalArrived, context)
            event_add(event, nil)
        }
        return stream
    }
}

private final class SignalContext: Sendable {
    let continuation: AsyncStream<Int32>.Continuation
    init(_ continuation: AsyncStream<Int32>.Continuation) { self.continuation = continuation }
}

private func signalArrived(_ number: Int32, _: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<SignalContext>.fromOpaque(context).takeUnretainedValue().continuation.yield(number)
}
