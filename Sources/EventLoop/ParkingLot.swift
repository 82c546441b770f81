/// A suspended task, which will be woken once.
struct ParkedTask {
    private let task: JobQueue.Job

    init(_ task: JobQueue.Job) { self.task = task }

    /// The job that resumes it.
    func job(waking wake: Wake) -> JobQueue.Job {
        var job = task
        job.wake = wake
        return job
    }
}

/// Suspends tasks by moving them to an executor that runs nothing, and stores them at their wait location.
///
/// A continuation would send a task through the loop's queue twice for each wait, and take a lock each time: it resumes
/// on the global executor, from where the task moves to its actor. A parked task resumes as the kind that it was
/// before, and so on its own executor; where that is wrong, the language moves it, as ever.
actor ParkingLot {
    private nonisolated let executor: ParkingExecutor

    @safe nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(state: LoopState) {
        executor = ParkingExecutor(state: state)
    }

    /// Suspends the calling task and returns the reason of its wake.
    ///
    /// Out of line: otherwise the compiler finds that this function needs no executor, and the task does not move at
    /// all.
    @inline(never)
    func park() -> Wake { executor.wake }
}

/// An executor that stores tasks on the loop's thread and runs none.
private final class ParkingExecutor: SerialExecutor {
    private nonisolated(unsafe) let state: LoopState

    init(state: LoopState) {
        unsafe self.state = state
    }

    /// The reason of the current task's wake.
    var wake: Wake { unsafe state.queue.current.wake }

    func enqueue(_ job: consuming ExecutorJob) {
        let isActor = unsafe state.queue.current.isActor
        unsafe state.store(ParkedTask(JobQueue.Job(job: UnownedJob(job), isActor: isActor)))
    }
}
