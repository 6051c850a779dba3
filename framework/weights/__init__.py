"""Read and write weight files: caffemodel (protobuf wire format), HDF5, npz, safetensors."""
