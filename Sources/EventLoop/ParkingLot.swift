/// A task that is suspended, and will be woken once.
struct ParkedTask {
    private let task: JobQueue.Job

    init(_ task: JobQueue.Job) { self.task = task }

    /// What makes it go on.
    func job(waking wake: Wake) -> JobQueue.Job {
        var job = task
        job.wake = wake
        return job
    }
}

/// How a task suspends itself: it moves to an executor that runs nothing, and is kept where it wanted to be kept.
///
/// A continuation would send it through the loop's queue twice for each wait, and take a lock each time: it resumes
/// where nobody in particular is at home, and the task moves to its actor from there. A task that has been parked is run
/// as what it was before, and so is at home at once; should it not be, the language sends it there, as ever.
actor ParkingLot {
    private nonisolated let executor: ParkingExecutor

    @safe nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(state: LoopState) {
        executor = ParkingExecutor(state: state)
    }

    /// Suspends the task that calls it and returns why it was woken.
    ///
    /// Out of line, or the compiler finds that nothing here needs the executor, and the task does not move at all.
    @inline(never)
    func park() -> Wake { executor.wake }
}

/// Takes tasks on the loop's thread and keeps them.
private final class ParkingExecutor: SerialExecutor {
    private nonisolated(unsafe) let state: LoopState

    init(state: LoopState) {
        unsafe self.state = state
    }

    /// Why the task at hand was woken.
    var wake: Wake { unsafe state.queue.current.wake }

    func enqueue(_ job: consuming ExecutorJob) {
        let isActor = unsafe state.queue.current.isActor
        unsafe state.store(ParkedTask(JobQueue.Job(job: UnownedJob(job), isActor: isActor)))
    }
}
