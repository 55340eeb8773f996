package oracle

import (
	"reflect"
	"unsafe"
)

// inside returns an unexported field of the struct behind v, readable and
// settable. v must be addressable, which everything behind a pointer is.
func inside(v reflect.Value, name string) reflect.Value {
	f := v.FieldByName(name)
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
}

// behind follows interfaces and pointers to the struct.
func behind(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return v
}
