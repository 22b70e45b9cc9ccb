// The element types of HDF5 that are numbers: IEEE floating point of 2, 4 and 8 bytes, whole numbers of 1 to 8,
// either byte order; and as h5py writes them, complex numbers, a compound of "r" and "i", and booleans, an
// enumeration of FALSE and TRUE. Everything else is refused.

#if HDF5
  import CHDF5
  import TesseraLocalMatrices

  extension StoredElement {
    /// The element that the library's `type` is; nil for what is no number of the above.
    init?(hdf5 type: hid_t) {
      let spelled: String? =
        switch H5Tget_class(type) {
        case H5T_INTEGER: StoredElement.integer(type)
        case H5T_FLOAT: StoredElement.real(type)
        case H5T_COMPOUND: StoredElement.complex(type)
        case H5T_ENUM: StoredElement.isBoolean(type) ? "|b1" : nil
        default: nil
        }
      guard let spelled, let element = try? StoredElement(spelled) else { return nil }
      self = element
    }

    private static func order(_ type: hid_t) -> String? {
      switch H5Tget_order(type) {
      case H5T_ORDER_LE: H5Tget_size(type) == 1 ? "|" : "<"
      case H5T_ORDER_BE: H5Tget_size(type) == 1 ? "|" : ">"
      // One byte has none.
      case H5T_ORDER_NONE where H5Tget_size(type) == 1: "|"
      default: nil
      }
    }

    /// Whether all bits of the type are its number's.
    private static func isWhole(_ type: hid_t) -> Bool {
      H5Tget_precision(type) == 8 * H5Tget_size(type) && H5Tget_offset(type) == 0
    }

    private static func integer(_ type: hid_t) -> String? {
      guard isWhole(type), let order = order(type), [1, 2, 4, 8].contains(H5Tget_size(type)) else {
        return nil
      }
      return order + (H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "i") + "\(H5Tget_size(type))"
    }

    private static func real(_ type: hid_t) -> String? {
      // The bits of fraction and exponent, and the bias of the latter.
      let layouts: [Int: (fraction: Int, exponent: Int, bias: Int)] = [
        2: (10, 5, 15), 4: (23, 8, 127), 8: (52, 11, 1023),
      ]
      let size = H5Tget_size(type)
      guard isWhole(type), let order = order(type), let layout = layouts[size] else { return nil }
      var (sign, exponent, exponentSize, fraction, fractionSize) = (0, 0, 0, 0, 0)
      guard H5Tget_fields(type, &sign, &exponent, &exponentSize, &fraction, &fractionSize) >= 0,
        (sign, exponent, exponentSize) == (8 * size - 1, layout.fraction, layout.exponent),
        (fraction, fractionSize) == (0, layout.fraction), H5Tget_ebias(type) == layout.bias,
        H5Tget_norm(type) == H5T_NORM_IMPLIED
      else { return nil }
      return "\(order)f\(size)"
    }

    private static func complex(_ type: hid_t) -> String? {
      guard memberNames(type) == ["r", "i"] || memberNames(type) == ["real", "imag"] else { return nil }
      let parts = (0..<2).map { part -> String? in
        let member = H5Tget_member_type(type, UInt32(part))
        guard member >= 0 else { return nil }
        defer { H5Tclose(member) }
        guard H5Tget_class(member) == H5T_FLOAT,
          H5Tget_member_offset(type, UInt32(part)) == part * H5Tget_size(member),
          H5Tget_size(type) == 2 * H5Tget_size(member)
        else { return nil }
        return real(member)
      }
      guard let part = parts[0], parts[1] == part else { return nil }
      return "\(part.prefix(1))c\(H5Tget_size(type))"
    }

    private static func isBoolean(_ type: hid_t) -> Bool {
      guard H5Tget_size(type) == 1, memberNames(type) == ["FALSE", "TRUE"] else { return false }
      var values: (UInt8, UInt8) = (0, 0)
      return H5Tget_member_value(type, 0, &values.0) >= 0 && H5Tget_member_value(type, 1, &values.1) >= 0
        && values == (0, 1)
    }

    /// The names of a type's two members; nothing where it has another number of them.
    private static func memberNames(_ type: hid_t) -> [String] {
      guard H5Tget_nmembers(type) == 2 else { return [] }
      return (0..<2).map { member in
        guard let name = H5Tget_member_name(type, UInt32(member)) else { return "" }
        defer { H5free_memory(name) }
        return String(cString: name)
      }
    }
  }

  extension Scalar {
    /// The library's type of such elements in memory; a compound of "r" and "i" for complex ones, as h5py has it.
    static func hdf5Type(file: String) throws(FileFormatError) -> Hdf5Handle {
      let part = MemoryLayout<Real>.size == 4 ? tessera_h5_float() : tessera_h5_double()
      guard isComplex else { return try Hdf5Handle(H5Tcopy(part), "a type", file: file) }
      let type = try Hdf5Handle(H5Tcreate(H5T_COMPOUND, MemoryLayout<Self>.size), "a type", file: file)
      try Hdf5.check(H5Tinsert(type.id, "r", 0, part), "a type", .inputOutput, file: file)
      try Hdf5.check(
        H5Tinsert(type.id, "i", MemoryLayout<Real>.size, part), "a type", .inputOutput, file: file)
      return type
    }
  }
#endif
