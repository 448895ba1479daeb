package faultfs

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Op is a kind of call on the folder or on one of its files.
type Op uint8

// The kinds of calls. Any stands for each of them.
const (
	Any Op = iota
	Open
	Create
	Rename
	Link
	Remove
	Mkdir
	List
	SyncDir
	Free
	Read
	Write
	Size
	Truncate
	Reserve
	Sync
	Close
)

var opNames = [...]string{
	"any", "open", "create", "rename", "link", "remove", "mkdir", "list", "syncdir", "free",
	"read", "write", "size", "truncate", "reserve", "sync", "close",
}

// String is the name of the call in lower case.
func (op Op) String() string {
	if int(op) < len(opNames) {
		return opNames[op]
	}
	return fmt.Sprintf("Op(%#x)", uint8(op))
}

// ErrPower is what every call meets between a power cut and Restart, and what
// the handles of an earlier life meet for ever.
var ErrPower = errors.New("the power is cut")

// Fault is something that goes wrong at some calls.
type Fault struct {
	Op     Op     // which calls count
	Suffix string // of the names that count, "" for all
	Call   int    // which of them it is, the next being 1; 0: all
	Err    error  // what the call returns; nil: it is only slow, or its last
	Wrote  int    // for Write with Err: bytes that are written nevertheless
	Delay  time.Duration
	Cut    bool // the power goes: the call may have had any part of its effect
}

// Inject adds a fault to those there are.
func (f *FS) Inject(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, &fault)
}

// Heal takes all faults away.
func (f *FS) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = nil
}

// Calls is the number of calls so far, failed ones too: a test that wants to
// fail each of them first counts how many there are.
func (f *FS) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// CallsOf is the number of calls of one kind so far.
func (f *FS) CallsOf(op Op) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.callsOf[op]
}

// callWith answers one call; do gets the fault that is due, if one is.
func (f *FS) callWith(op Op, name string, do func(*Fault) error) error {
	f.mu.Lock()
	fault := f.due(op, name)
	if fault != nil && fault.Delay > 0 {
		f.mu.Unlock()
		time.Sleep(fault.Delay)
		f.mu.Lock()
	}
	defer f.mu.Unlock()
	f.calls++
	f.callsOf[op]++
	if f.off {
		return f.failed(op, name, ErrPower)
	}
	if fault != nil && fault.Cut {
		f.cut()
		if op != Sync && op != SyncDir { // those may have had an effect without being called
			do(nil)
		}
		return f.failed(op, name, ErrPower)
	}
	if err := do(fault); err != nil {
		return f.failed(op, name, err)
	}
	return nil
}

// due counts a call and gives the fault that meets it.
func (f *FS) due(op Op, name string) *Fault {
	var meets *Fault
	for _, fault := range f.faults {
		if fault.Op != Any && fault.Op != op || !strings.HasSuffix(name, fault.Suffix) || fault.Call < 0 {
			continue
		}
		if fault.Call > 0 {
			if fault.Call--; fault.Call > 0 {
				continue
			}
			fault.Call = spent
		}
		meets = fault
	}
	return meets
}

// spent is the Call of a fault that is over.
const spent = -1

func (f *FS) failed(op Op, name string, err error) error {
	return &fs.PathError{Op: op.String(), Path: name, Err: err}
}
