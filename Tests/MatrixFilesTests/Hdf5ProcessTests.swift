// libhdf5 in a process of its own: what becomes of that process is an error of the file, and it leaves nothing behind.

#if HDF5
  import Foundation
  import Testing
  import TesseraLocalMatrices

  @testable import TesseraMatrixFiles

  /// Reads the answer of a shell's command that stands in for a reader, which begins by saying who it is.
  private func ask(_ command: String) throws -> (error: FileFormatError?, process: pid_t) {
    try withFolder { folder in
      let program = Hdf5Process.Program(
        path: "/bin/sh", arguments: ["sh", "-c", "echo $$ > \(folder)process; \(command)"])
      var failure: FileFormatError?
      do throws(FileFormatError) {
        let source = Pieces([1, 2, 3])
        let process = try Hdf5Process(
          Hdf5Request(source, member: nil, .everything), source, program: program)
        _ = try Hdf5Answer(from: process)
      } catch {
        failure = error
      }
      let text = try String(contentsOfFile: folder + "process", encoding: .utf8)
      return (failure, try #require(pid_t(text.dropLast())))
    }
  }

  @Suite struct Hdf5ProcessTests {
    @Test(arguments: [
      ("kill -SEGV $$", FileFormatError.Kind.badData, "libhdf5 crashed reading it (signal 11)"),
      ("kill -ABRT $$", .badData, "libhdf5 crashed reading it (signal 6)"),
      ("exit 0", .badData, "libhdf5 crashed reading it"), ("exit 3", .badData, "libhdf5 crashed reading it"),
      // As after so much time, and the number is that of the request.
      ("kill -PROF $$", .badData, "libhdf5 gave no answer for 20 seconds"),
      ("kill -KILL $$", .inputOutput, "ended by signal 9"),
      // A frame of eight bytes that is no answer; one that does not come; and one that is endless.
      ("printf '\\10\\0\\0\\0\\0\\0\\0\\0\\77\\0\\0\\0\\0\\0\\0\\0' >&3", .badData, "wrong answer"),
      ("printf '\\10\\0\\0' >&3", .badData, "libhdf5 crashed"), ("yes >&3", .badData, "wrong answer"),
    ])
    func theEndOfTheProcessIsAnErrorOfTheFile(_ command: String, kind: FileFormatError.Kind, _ words: String)
      throws
    {
      let (error, process) = try ask(command)
      #expect(error?.kind == kind && error?.file == "A", "\(command)")
      #expect(error?.message.contains(words) == true, "\(command)")
      // Not even a zombie: those can be sent signals.
      #expect(kill(process, 0) == -1 && errno == ESRCH)
    }

    @Test func whatCannotBeStartedIsAnErrorOfTheSystem() {
      let source = Pieces([])
      let error = #expect(throws: FileFormatError.self) {
        try Hdf5Process(
          Hdf5Request(source, member: nil, .nothing), source, program: .init(path: "/none", arguments: []))
      }
      #expect(error?.kind == .inputOutput && error?.message.contains("No such file") == true)
    }

    @Test func theProcessIsThisProgramAndAThreadAnswersTheSame() throws {
      #expect(Hdf5Process.Program.reader != nil)
      try withFolder { folder in
        let matrix = DenseMatrix<Double>(rows: 5, columns: 3) { i, j in Double(10 * i + j) }
        for contents in [MatrixContents.dense(matrix), .triplets(matrix.triplets())] {
          try MatrixFile.write(contents, to: folder + "a.h5")
          let bytes = try [UInt8](Data(contentsOf: URL(filePath: folder + "a.h5")))
          for isOnDisk in [true, false] {
            let answers = try [Hdf5Process.Program.reader, nil].map { program in
              let source: any ByteSource = isOnDisk ? try FileSource(folder + "a.h5") : Pieces(bytes)
              let request = Hdf5Request(source, member: nil, .everything)
              let process = try Hdf5Process(request, source, program: program)
              let answer = try Hdf5Answer(from: process)
              var numbers: [[UInt8]] = []
              for array in answer.arrays where array.place == nil {
                let size = array.count * array.element.size
                numbers.append(try Hdf5ArraySource(process, array).bytes(size, of: "numbers", offset: 0))
              }
              return answer.bytes + numbers.joined()
            }
            #expect(answers[0] == answers[1] && answers[0].count > 100)
          }
        }
      }
    }
  }
#endif
