package main

import (
	"encoding/json"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/lazy"
)

// What follows does what the unexported functions of the same names in
// k8s.io/apiserver/plugin/pkg/authenticator/token/oidc do with published packages.

func claimsValue(claims map[string]json.RawMessage) *lazy.MapValue {
	value := lazy.NewMapValue(types.NewObjectType("kubernetes.claims"))
	for name, raw := range claims {
		value.Append(name, func(*lazy.MapValue) ref.Val {
			var decoded any
			if err := json.Unmarshal(raw, &decoded); err != nil {
				return types.NewErr("claim %q failed to unmarshal: %v", name, err)
			}
			return unescaping(types.DefaultTypeAdapter.NativeToValue(decoded))
		})
	}
	return value
}

func userValue(user *celUser) *lazy.MapValue {
	if user == nil {
		user = &celUser{}
	}
	value := lazy.NewMapValue(types.NewObjectType("kubernetes.UserInfo"))
	field := func(name string, content any) {
		value.Append(name, func(*lazy.MapValue) ref.Val {
			return unescaping(types.DefaultTypeAdapter.NativeToValue(content))
		})
	}
	field("username", user.Username)
	field("uid", user.UID)
	field("groups", user.Groups)
	field("extra", user.Extra)
	return value
}

type unescapingMap struct{ traits.Mapper }

func (m *unescapingMap) Find(key ref.Val) (ref.Val, bool) {
	if text, ok := key.(types.String); ok {
		if name, ok := apiservercel.Unescape(string(text)); ok && name != string(text) {
			key = types.String(name)
		}
	}
	value, found := m.Mapper.Find(key)
	return unescaping(value), found
}

type unescapingList struct{ traits.Lister }

func (l *unescapingList) Get(index ref.Val) ref.Val { return unescaping(l.Lister.Get(index)) }

func unescaping(value ref.Val) ref.Val {
	switch v := value.(type) {
	case traits.Mapper:
		return &unescapingMap{v}
	case traits.Lister:
		return &unescapingList{v}
	}
	return value
}

// stringsOf is how a groups or extra mapping is read: nil when kube-apiserver refuses the value.
func stringsOf(value ref.Val) []string {
	result := []string{}
	keep := func(v any) bool {
		text, ok := v.(string)
		if ok && text != "" {
			result = append(result, text)
		}
		return ok
	}
	switch value.Type().TypeName() {
	case celgo.StringType.TypeName():
		keep(value.Value())
		return result
	case celgo.ListType(nil).TypeName():
		switch elements := value.Value().(type) {
		case []any:
			for _, element := range elements {
				if !keep(element) {
					return nil
				}
			}
			return result
		case []ref.Val:
			for _, element := range elements {
				if !keep(element.Value()) {
					return nil
				}
			}
			return result
		}
		return nil
	case celgo.NullType.TypeName():
		return result
	}
	return nil
}
