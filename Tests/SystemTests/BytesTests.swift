import Testing

@testable import System

@Suite struct BytesTests {
    @Test(
        arguments: [
            (0..<3, 2, [1, 2, 1, 2, 3]), (2..<5, 0, [3, 4, 5, 4, 5]), (0..<5, 0, [1, 2, 3, 4, 5]),
            (5..<5, 5, [1, 2, 3, 4, 5]),
            (4..<5, 0, [5, 2, 3, 4, 5]), (1..<1, 3, [1, 2, 3, 4, 5]),
        ] as [(Range<Int>, Int, [UInt8])])
    func moves(range: Range<Int>, start: Int, result: [UInt8]) {
        var bytes: [UInt8] = [1, 2, 3, 4, 5]
        let copy = bytes
        bytes.move(range, to: start)
        #expect(bytes == result)
        #expect(copy == [1, 2, 3, 4, 5])
    }

    @Test(
        arguments: [
            (0..<2, 0, [7, 8, 0, 0]), (1..<3, 2, [0, 0, 8, 9]), (0..<3, 1, [0, 7, 8, 9]), (3..<3, 4, [0, 0, 0, 0]),
        ] as [(Range<Int>, Int, [UInt8])])
    func copies(range: Range<Int>, start: Int, result: [UInt8]) {
        var bytes: [UInt8] = [0, 0, 0, 0]
        let source: [UInt8] = [7, 8, 9]
        bytes.copy(source.span.extracting(range), to: start)
        #expect(bytes == result)
    }

    @Test func nothingCanBeMovedInNothing() {
        var bytes: [UInt8] = []
        bytes.move(0..<0, to: 0)
        bytes.copy([UInt8]().span, to: 0)
        #expect(bytes.isEmpty)
    }

    @Test func aMoveBeyondTheEndTraps() async {
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            bytes.move(0..<2, to: 2)
        }
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            bytes.move(2..<4, to: 0)
        }
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            bytes.move(-1..<1, to: 0)
        }
    }

    @Test func aCopyBeyondTheEndTraps() async {
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            let source: [UInt8] = [1, 2]
            bytes.copy(source.span, to: 2)
        }
    }

    @Test func roomBeyondTheEndTraps() async {
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            _ = try? StreamSocket(owning: -1).receive(into: &bytes, 2..<4)
        }
    }
}
