internal import DequeModule
internal import Glibc
internal import System
internal import Synchronization

/// The jobs that are ready to run on an event loop's thread, in order of arrival; any thread may add one.
///
/// The loop's own thread, which adds nearly all of them, needs neither lock nor system call for it. Other threads take
/// a lock and wake the loop, which watches the waker like any other descriptor.
@usableFromInline
final class JobQueue: Sendable {
    /// A part of a task that is ready to run.
    struct Job {
        let job: UnownedJob
        /// Whether it belongs to an actor on the loop, or else to a task that prefers the loop.
        ///
        /// A job that runs as the wrong one goes once more through the queue before it begins.
        let isActor: Bool
    }

    private final class Confined {
        var jobs = Deque<Job>()
        /// Whether the loop has seen the request to end.
        var isStopping = false
    }

    private struct Submissions {
        var jobs: [Job] = []
        var isStopping = false
        /// Whether the loop has been woken since it last took the submissions.
        var hasWoken = false

        /// Marks the loop woken; false where it has been already.
        mutating func wake() -> Bool {
            defer { hasWoken = true }
            return !hasWoken
        }
    }

    /// Wakes the loop after another thread has added a job.
    let waker: Waker
    private nonisolated(unsafe) let confined = Confined()
    private let submissions = Mutex(Submissions())
    private let thread = Atomic<UInt>(0)

    init() throws(SystemError) {
        waker = try Waker()
    }

    /// Whether the calling thread is the loop's.
    @usableFromInline var isCurrent: Bool {
        thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    /// Makes the calling thread the loop's, or gives that up.
    func belongToThisThread(_ belongs: Bool) {
        thread.store(belongs ? UInt(pthread_self()) : 0, ordering: .relaxed)
    }

    /// Adds a job.
    func add(_ job: Job) {
        if isCurrent { return unsafe confined.jobs.append(job) }
        submit { $0.jobs.append(job) }
    }

    /// Asks the loop to end after the ready jobs.
    func stop() { submit { $0.isStopping = true } }

    private func submit(_ change: (inout Submissions) -> Void) {
        let wakes = submissions.withLock { submissions in
            change(&submissions)
            return submissions.wake()
        }
        if wakes { waker.wake() }
    }

    // MARK: - For the loop's thread

    /// Takes the submissions of other threads, after the waker.
    func collect() {
        submissions.withLock { submissions in
            unsafe confined.jobs.append(contentsOf: submissions.jobs)
            unsafe confined.isStopping = submissions.isStopping
            submissions.jobs.removeAll(keepingCapacity: true)
            submissions.hasWoken = false
        }
    }

    /// Whether the loop should end: it has been asked to, and no job is ready.
    var hasEnded: Bool { unsafe confined.isStopping && confined.jobs.isEmpty }

    /// Whether the loop may sleep until the next event: no job is ready, and no request to end has come.
    var mayRest: Bool { unsafe confined.jobs.isEmpty && !confined.isStopping }

    /// Runs the jobs that are ready now; jobs that they make ready wait for the next iteration, so that no task starves
    /// the rest.
    func run(tasks: UnownedTaskExecutor, actors: UnownedSerialExecutor) {
        let confined = unsafe self.confined
        for _ in 0..<confined.jobs.count {
            guard let next = confined.jobs.popFirst() else { break }
            if next.isActor {
                unsafe next.job.runSynchronously(on: actors)
            } else {
                unsafe next.job.runSynchronously(on: tasks)
            }
        }
    }
}

/// The event loop as the executor of actors.
final class LoopActors: SerialExecutor {
    private let queue: JobQueue

    init(queue: JobQueue) {
        self.queue = queue
    }

    func enqueue(_ job: consuming ExecutorJob) {
        queue.add(JobQueue.Job(job: UnownedJob(job), isActor: true))
    }

    func checkIsolated() {
        precondition(queue.isCurrent, "this code belongs on its event loop")
    }

    func isIsolatingCurrentContext() -> Bool? { queue.isCurrent }
}
