package library

import (
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

// watcher asks the system to tell of changes in folders. A nil watcher watches
// nothing. Its methods may be called from several goroutines.
type watcher struct{ notify *fsnotify.Watcher }

// watch starts the watcher of the loop. Without one, changes are found by the
// periodic rescan alone.
func (l *loop) watch() {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		l.cfg.Log.Warn().Err(err).Msg("shared folders cannot be watched")
		return
	}
	l.watcher = &watcher{notify}
	l.wg.Go(func() {
		defer notify.Close()
		for {
			ev := touched{} // after an error, an overflow say: anything may have changed
			select {
			case <-l.ctx.Done():
				return
			case <-notify.Errors:
			case event := <-notify.Events:
				if event.Op == fsnotify.Chmod {
					continue
				}
				ev.path = event.Name
			}
			l.post(l.ctx, ev) // an error means that the loop ends
		}
	})
}

// add watches the folder rel of the share dir and appends its path to dirs,
// which has at most room paths.
func (w *watcher) add(dirs []string, dir, rel string, room int) []string {
	path := filepath.Join(dir, filepath.FromSlash(rel))
	if len(dirs) >= room || w.notify.Add(path) != nil {
		return dirs
	}
	return append(dirs, path)
}

// remove watches the folders no more. Those that do not exist any more are not
// watched anyway, so errors do not matter.
func (w *watcher) remove(dirs []string) {
	if w == nil {
		return
	}
	for _, dir := range dirs {
		w.notify.Remove(dir)
	}
}

// replace stops watching what is in old but not in now.
func (w *watcher) replace(old, now []string) {
	kept := make(map[string]struct{}, len(now))
	for _, dir := range now {
		kept[dir] = struct{}{}
	}
	for _, dir := range old {
		if _, ok := kept[dir]; !ok {
			w.remove([]string{dir})
		}
	}
}
